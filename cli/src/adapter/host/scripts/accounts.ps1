# Tells what this machine is called, its account in the domain, and the local groups of WSUS.
#
# Input:   {}
# Output:  {"name": ..., "account": "DOMAIN\\NAME$" | null, "administrators": GROUP | null, "reporters": GROUP | null},
#          GROUP = {"sid": "S-1-5-...", "name": "HOST\\NAME"}; account is null in a workgroup, a group where setup wrote none or
#          nobody has the identifier it wrote any more
# Rights:  a local user; the domain is asked for the machine's account
# Source:  Win32_ComputerSystem; LookupAccountName and LookupAccountSid by way of System.Security.Principal; WsusAdministratorsSid
#          and WsusReportersSid below HKLM\SOFTWARE\Microsoft\Update Services\Server\Setup, 64-bit view

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

# The name alone finds the account in this machine's own domain; its identifier says what it is called there.
function Get-MachineAccount([string]$Name) {
    $system = Get-WmiObject -Class Win32_ComputerSystem
    if (-not $system.PartOfDomain) { return $null }
    $account = New-Object Security.Principal.NTAccount("$Name`$")
    $sid = $account.Translate([Security.Principal.SecurityIdentifier])
    $sid.Translate([Security.Principal.NTAccount]).Value
}

function Get-Group($Setup, [string]$Value) {
    if (-not $Setup) { return $null }
    $written = $Setup.GetValue($Value, $null)
    if ($null -eq $written) { return $null }
    if ($written -is [byte[]]) {
        $sid = New-Object Security.Principal.SecurityIdentifier($written, 0)
    } else {
        $sid = New-Object Security.Principal.SecurityIdentifier([string]$written)
    }
    try {
        @{ sid = $sid.Value; name = $sid.Translate([Security.Principal.NTAccount]).Value }
    } catch [Security.Principal.IdentityNotMappedException] {
        $null
    }
}

try {
    Read-Request $lines | Out-Null
    $name = [Environment]::MachineName
    $setup = Open-MachineKey 'SOFTWARE\Microsoft\Update Services\Server\Setup'
    Write-Result @{
        name = $name
        account = Get-MachineAccount $name
        administrators = Get-Group $setup 'WsusAdministratorsSid'
        reporters = Get-Group $setup 'WsusReportersSid'
    }
    exit 0
} catch {
    Write-Failure $_
    exit 1
}
