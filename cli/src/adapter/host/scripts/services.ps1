# Looks at, stops and starts a service or an application pool, and sets how it starts.
#
# Input:   {"action": "query" | "stop" | "start" | "set-start-type", "kind": "service" | "app-pool", "name": ...,
#           "timeout_ms": ..., "start_type": "automatic" | "automatic-delayed" | "manual" | "disabled"}
#          timeout_ms belongs to stop and start, start_type to set-start-type
# Output:  {"before": FACTS, "after": FACTS}, FACTS = {"exists": ..., "state": ... | null, "start_type": ... | null};
#          the two are equal where nothing had to be done
# Rights:  query: a local user for services, an administrator for pools; everything else: an administrator
# Source:  System.ServiceProcess.ServiceController; HKLM\SYSTEM\CurrentControlSet\Services; sc.exe config (the only way
#          to a delayed start before PowerShell 6); module WebAdministration, and appcmd.exe where that is missing

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

$serviceStates = @{
    Stopped = 'stopped'; StartPending = 'start-pending'; StopPending = 'stop-pending'; Running = 'running'
    ContinuePending = 'continue-pending'; PausePending = 'pause-pending'; Paused = 'paused'
}
$poolStates = @{ Stopped = 'stopped'; Starting = 'start-pending'; Stopping = 'stop-pending'; Started = 'running' }
$startTypes = @{ 0 = 'boot'; 1 = 'system'; 2 = 'automatic'; 3 = 'manual'; 4 = 'disabled' }
$scWords = @{ 'automatic' = 'auto'; 'automatic-delayed' = 'delayed-auto'; 'manual' = 'demand'; 'disabled' = 'disabled' }
$absent = @{ exists = $false; state = $null; start_type = $null }

function Get-ServiceFacts([string]$Name) {
    $key = Open-MachineKey "SYSTEM\CurrentControlSet\Services\$Name"
    if (-not $key) { return $absent }
    $startType = $startTypes[[int]$key.GetValue('Start', -1)]
    if ($startType -eq 'automatic' -and [int]$key.GetValue('DelayedAutostart', 0) -eq 1) { $startType = 'automatic-delayed' }
    $service = Get-Service -Name $Name
    @{ exists = $true; state = $serviceStates[[string]$service.Status]; start_type = $startType }
}

function Set-ServiceState([string]$Name, [string]$Target, [TimeSpan]$Limit) {
    $service = Get-Service -Name $Name
    if ($Target -eq 'Stopped' -and $service.Status -ne 'Stopped' -and $service.Status -ne 'StopPending') { $service.Stop() }
    if ($Target -eq 'Running' -and $service.Status -ne 'Running' -and $service.Status -ne 'StartPending') { $service.Start() }
    $service.WaitForStatus($Target, $Limit)
}

function Set-ServiceStart([string]$Name, [string]$StartType) {
    $said = & "$env:SystemRoot\System32\sc.exe" config $Name start= $scWords[$StartType]
    if ($LASTEXITCODE -ne 0) {
        Write-Refusal 'sc-config' 'NotSpecified' (-2147024896 + ($LASTEXITCODE -band 0xffff)) (($said -join ' ').Trim())
        exit 1
    }
}

# Whether pools are reached through the module (true) or through appcmd (false).
function Test-PoolModule {
    if (Get-Module -ListAvailable -Name WebAdministration) {
        Import-Module WebAdministration | Out-Null
        return $true
    }
    if (Test-Path "$env:SystemRoot\System32\inetsrv\appcmd.exe") { return $false }
    Write-Refusal 'module-missing' 'NotInstalled' $null 'neither the module WebAdministration nor appcmd.exe is installed'
    exit 1
}

function Invoke-AppCmd {
    $said = & "$env:SystemRoot\System32\inetsrv\appcmd.exe" @args
    if ($LASTEXITCODE -ne 0) {
        Write-Refusal 'appcmd' 'NotSpecified' (-2147024896 + ($LASTEXITCODE -band 0xffff)) (($said -join ' ').Trim())
        exit 1
    }
    ($said -join ' ').Trim()
}

function Get-PoolFacts([string]$Name, [bool]$Module) {
    if ($Module) {
        if (-not (Test-Path "IIS:\AppPools\$Name")) { return $absent }
        $state = [string](Get-WebAppPoolState -Name $Name).Value
        $starts = [bool](Get-ItemProperty "IIS:\AppPools\$Name" -Name autoStart).Value
    } else {
        $pools = @((Invoke-AppCmd list apppool '/text:name') -split ' ')
        if ($pools -notcontains $Name) { return $absent }
        $state = Invoke-AppCmd list apppool "/apppool.name:$Name" '/text:state'
        $starts = (Invoke-AppCmd list apppool "/apppool.name:$Name" '/text:autoStart') -eq 'true'
    }
    $startType = if ($starts) { 'automatic' } else { 'manual' }
    @{ exists = $true; state = $poolStates[$state]; start_type = $startType }
}

# IIS answers before a pool has followed; only its state says when it has.
function Set-PoolState([string]$Name, [bool]$Module, [string]$Target, [TimeSpan]$Limit) {
    if ((Get-PoolFacts $Name $Module).state -eq $Target) { return }
    if ($Module -and $Target -eq 'stopped') { Stop-WebAppPool -Name $Name }
    elseif ($Module) { Start-WebAppPool -Name $Name }
    elseif ($Target -eq 'stopped') { Invoke-AppCmd stop apppool "/apppool.name:$Name" | Out-Null }
    else { Invoke-AppCmd start apppool "/apppool.name:$Name" | Out-Null }
    $watch = [Diagnostics.Stopwatch]::StartNew()
    while ((Get-PoolFacts $Name $Module).state -ne $Target) {
        if ($watch.Elapsed -gt $Limit) {
            Write-Refusal 'wait-timeout' 'OperationTimeout' $null "the pool $Name did not become $Target in time"
            exit 1
        }
        Start-Sleep -Milliseconds 200
    }
}

function Set-PoolStart([string]$Name, [bool]$Module, [string]$StartType) {
    $starts = ($StartType -eq 'automatic').ToString().ToLowerInvariant()
    if ($Module) { Set-ItemProperty "IIS:\AppPools\$Name" -Name autoStart -Value $starts }
    else { Invoke-AppCmd set apppool "/apppool.name:$Name" "/autoStart:$starts" | Out-Null }
}

try {
    $request = Read-Request $lines
    $name = [string]$request.name
    $isPool = $request.kind -eq 'app-pool'
    $module = $false
    if ($isPool) { $module = Test-PoolModule; $before = Get-PoolFacts $name $module } else { $before = Get-ServiceFacts $name }
    if ($request.action -eq 'query') {
        Write-Result @{ before = $before; after = $before }
        exit 0
    }
    if (-not $before.exists) {
        Write-Refusal 'not-found' 'ObjectNotFound' $null "there is no $($request.kind) $name"
        exit 1
    }
    $limit = [TimeSpan]::FromMilliseconds([double]$request.timeout_ms)
    switch ($request.action) {
        'stop' { if ($isPool) { Set-PoolState $name $module 'stopped' $limit } else { Set-ServiceState $name 'Stopped' $limit } }
        'start' { if ($isPool) { Set-PoolState $name $module 'running' $limit } else { Set-ServiceState $name 'Running' $limit } }
        'set-start-type' { if ($isPool) { Set-PoolStart $name $module $request.start_type } else { Set-ServiceStart $name $request.start_type } }
        default { throw "there is no action $($request.action)" }
    }
    if ($isPool) { $after = Get-PoolFacts $name $module } else { $after = Get-ServiceFacts $name }
    Write-Result @{ before = $before; after = $after }
    exit 0
} catch {
    Write-Failure $_
    exit 1
}
