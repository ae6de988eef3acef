# Shared by the scripts beside it; each begins by reading it in with its own version and language mode already checked.
#
# Input:   -
# Output:  functions that read the request from stdin and write one JSON document to stdout
# Rights:  none
# Source:  PowerShell 3.0 language; JSON is kept to ASCII, so that no console's code page can change it

$ErrorActionPreference = 'Stop'
# The host writes these streams to stdout, where only the answer belongs.
$WarningPreference = 'SilentlyContinue'
$ProgressPreference = 'SilentlyContinue'
$VerbosePreference = 'SilentlyContinue'
$DebugPreference = 'SilentlyContinue'

# The request: what the host has read of stdin, or stdin itself where the host left it alone.
function Read-Request($Lines) {
    $text = $Lines -join "`n"
    if ($text.Trim().Length -eq 0) { $text = [Console]::In.ReadToEnd() }
    ConvertFrom-Json -InputObject $text
}

# Past the pipeline: the host may break lines at a console's width.
function Write-Document($Document) {
    $json = ConvertTo-Json -InputObject $Document -Depth 6 -Compress
    $escape = { param($match) '\u{0:x4}' -f [int][char]$match.Value }
    [Console]::Out.WriteLine([regex]::Replace($json, '[^\x20-\x7e]', $escape))
    [Console]::Out.Flush()
}

function Write-Result($Result) {
    Write-Document @{ ok = $true; result = $Result }
}

function Write-Refusal([string]$Id, [string]$Category, $HResult, [string]$Message) {
    Write-Document @{ ok = $false; error = @{ id = $Id; category = $Category; hresult = $HResult; message = $Message } }
}

# An error as the shell caught it. Its own number says little where the system's stands further in.
function Write-Failure($Record) {
    $id = $Record.FullyQualifiedErrorId
    $number = $null
    $inner = $Record.Exception
    while ($inner) {
        if ($inner.GetType().FullName -eq 'System.ServiceProcess.TimeoutException') { $id = 'wait-timeout' }
        if ($inner -is [ComponentModel.Win32Exception]) {
            $number = -2147024896 + ($inner.NativeErrorCode -band 0xffff)
            break
        }
        $number = [Runtime.InteropServices.Marshal]::GetHRForException($inner)
        $inner = $inner.InnerException
    }
    Write-Refusal $id ([string]$Record.CategoryInfo.Category) $number $Record.Exception.Message
}

# A key of the machine's registry in its 64-bit view, whatever this shell is; nothing where it is not there.
function Open-MachineKey([string]$Path) {
    $hive = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
    $hive.OpenSubKey($Path)
}
