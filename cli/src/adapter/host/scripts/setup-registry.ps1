# Reads what WSUS's setup has written into the registry.
#
# Input:   {}
# Output:  {"machine": ..., "exists": ..., "values": {NAME: VALUE, ...}, "roles_exist": ..., "installed_role_services": {NAME: VALUE, ...}},
#          VALUE = {"kind": "string" | "dword" | "binary" | "other", "value": ...}, binary ones in hexadecimal; what
#          encrypts is {"kind": "secret", "value": {"bytes": ..., "sha256": ...}}; a value that is not there has no entry
# Rights:  a local administrator (the encryption key is readable for administrators only)
# Source:  HKLM\SOFTWARE\Microsoft\Update Services\Server\Setup and its subkey "Installed Role Services", 64-bit view

if ($PSVersionTable.PSVersion.Major -lt 3) {
    '{"ok":false,"error":{"id":"powershell-too-old","category":"NotInstalled","hresult":null,"message":"PowerShell 3.0 or newer is needed"}}'
    exit 1
}
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    '{"ok":false,"error":{"id":"constrained-language","category":"SecurityError","hresult":null,"message":"PowerShell runs in a constrained language mode"}}'
    exit 1
}
$lines = @($input)
. (Join-Path $PSScriptRoot 'answer.ps1')

$secrets = @('EncryptionKey', 'EncryptionParam')

function ConvertTo-Hex([byte[]]$Bytes) {
    [BitConverter]::ToString($Bytes).Replace('-', '')
}

# Length and digest, so that a change can be proved; never the value. This provider also works where only FIPS ones may.
function Get-Secret($Value) {
    if ($Value -is [byte[]]) { $bytes = $Value } else { $bytes = [Text.Encoding]::Unicode.GetBytes([string]$Value) }
    $hasher = New-Object Security.Cryptography.SHA256CryptoServiceProvider
    @{ kind = 'secret'; value = @{ bytes = $bytes.Length; sha256 = (ConvertTo-Hex $hasher.ComputeHash($bytes)) } }
}

function Get-Values($Key) {
    $values = @{}
    foreach ($name in $Key.GetValueNames()) {
        if ($name -eq '') { continue }
        $value = $Key.GetValue($name, $null, 'DoNotExpandEnvironmentNames')
        if ($secrets -contains $name) {
            $values[$name] = Get-Secret $value
            continue
        }
        $told = switch ([string]$Key.GetValueKind($name)) {
            'String' { @{ kind = 'string'; value = [string]$value } }
            'ExpandString' { @{ kind = 'string'; value = [string]$value } }
            'DWord' { @{ kind = 'dword'; value = [BitConverter]::ToUInt32([BitConverter]::GetBytes([int]$value), 0) } }
            'Binary' { @{ kind = 'binary'; value = (ConvertTo-Hex $value) } }
            default { @{ kind = 'other'; value = $_ } }
        }
        $values[$name] = $told
    }
    $values
}

try {
    Read-Request $lines | Out-Null
    $path = 'SOFTWARE\Microsoft\Update Services\Server\Setup'
    $answer = @{ machine = [Environment]::MachineName; exists = $false; values = @{}; roles_exist = $false; installed_role_services = @{} }
    $setup = Open-MachineKey $path
    if ($setup) {
        $answer.exists = $true
        $answer.values = Get-Values $setup
    }
    $roles = Open-MachineKey "$path\Installed Role Services"
    if ($roles) {
        $answer.roles_exist = $true
        $answer.installed_role_services = Get-Values $roles
    }
    Write-Result $answer
    exit 0
} catch {
    Write-Failure $_
    exit 1
}
