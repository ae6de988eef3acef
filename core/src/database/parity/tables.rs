//! The tables whose rows are compared between source and destination, with their keys and columns.
//!
//! Columns are those of a live SUSDB; what a build does not have is left out on both sides alike. Excluded are secrets, and
//! what a server writes by itself while clients go on talking to it.

/// How the key of a table reaches the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// Numbers and binary values: the server sends rows in the order of [`RowKey`](super::RowKey).
    Server,
    /// GUIDs and texts, which servers order by rules of their own: few rows, which the program sorts.
    Memory,
}

/// A table that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParityTable {
    /// Its name in SUSDB.
    pub name: &'static str,
    /// What it is, for people.
    pub meaning: &'static str,
    /// The columns that name a row.
    pub key: &'static [&'static str],
    /// The other columns that are compared.
    pub columns: &'static [&'static str],
    /// Columns that are not, each with its reason.
    pub excluded: &'static [(&'static str, &'static str)],
    /// In which order rows come.
    pub order: KeyOrder,
}

const CONTACT: &str = "moves with every contact of a client";
const SECRET: &str = "a secret; not even its digest leaves the database";
const QUEUE: &str = "moves with every download";

macro_rules! tables {
    ($( $name:literal $meaning:literal $order:ident [$($key:literal)+] [$($column:literal)*] [$($excluded:literal $reason:ident)*] )+) => {
        /// Every table that is compared.
        pub const PARITY_TABLES: &[ParityTable] = &[
            $( ParityTable {
                name: $name,
                meaning: $meaning,
                key: &[$($key),+],
                columns: &[$($column),*],
                excluded: &[$(($excluded, $reason)),*],
                order: KeyOrder::$order,
            }, )+
        ];
    };
}

tables! {
    "tbTargetGroup" "computer groups" Memory ["TargetGroupID"]
        ["TargetGroupTypeID" "Name" "Description" "OrderValue" "IsBuiltin" "ParentGroupID" "GroupPriority"] []
    "tbTarget" "computers and servers by number" Server ["TargetID"]
        ["TargetTypeID" "Name" "IsNewClient" "Description"] []
    "tbTargetInTargetGroup" "memberships" Memory ["TargetGroupID" "TargetID"] ["IsExplicitMember"] []
    "tbRequestedTargetGroup" "groups clients ask for" Server ["RequestedTargetGroupID"] ["Name"] []
    "tbRequestedTargetGroupsForTarget" "which clients ask for which group" Server ["TargetID" "RequestedTargetGroupID"] [] []
    "tbDeployment" "approvals" Server ["DeploymentID"]
        ["LastChangeTime" "LastChangeNumber" "DeploymentStatus" "ActionID" "DeploymentTime" "GoLiveTime" "Deadline"
         "AdminName" "DownloadPriority" "DeploymentGuid" "IsAssigned" "RevisionID" "TargetGroupID" "TargetGroupTypeID"
         "IsLeaf" "UpdateType" "IsCritical" "Priority" "IsFeatured" "AutoSelect" "AutoDownload" "SupersedenceBehavior"] []
    "tbDeadDeployment" "removed approvals" Server ["DeploymentID"]
        ["TimeOfDeath" "ActionID" "DeploymentTime" "GoLiveTime" "Deadline" "AdminName" "DownloadPriority"
         "DeploymentGuid" "IsAssigned" "RevisionID" "TargetGroupID" "TargetGroupTypeID" "AdminNameWhoDeleted"
         "LastChangeNumber" "UpdateID" "RevisionNumber" "UpdateType"] []
    "tbUpdate" "updates" Server ["LocalUpdateID"]
        ["UpdateID" "UpdateTypeID" "IsClientSelfUpdate" "PublisherID" "IsPublic" "IsHidden" "DetectoidType" "LegacyName"
         "LastUndeclinedTime" "IsLocallyPublished" "ImportedTime"] []
    "tbRevision" "revisions of updates" Server ["RevisionID"]
        ["LocalUpdateID" "RevisionNumber" "LastIsLeafChange" "IsLeaf" "IsBeta" "TimeToGoLiveOnCatalog" "RowID" "State"
         "Origin" "IsCritical" "LanguageMask" "IsLatestRevision" "IsMandatory"] []
    "tbFile" "update files" Server ["FileDigest"]
        ["FileName" "Modified" "Size" "IsEula" "MUURL" "USSURL" "IsExternalCab" "IsSecure" "IsEncrypted"]
        ["DecryptionKey" SECRET]
    "tbFileHash" "second digests of update files" Server ["FileDigest"] ["DigestAlgorithm" "AdditionalHash"] []
    "tbFileForRevision" "which revision needs which file" Server ["RevisionID" "FileDigest"] ["PatchingType"] []
    "tbFileOnServer" "states of update files" Server ["FileDigest" "ConfigurationID"]
        ["RowID" "DesiredState" "ActualState" "DSSRequestedDownload"] ["TimeAddedToQueue" QUEUE]
    "tbComputerTarget" "computers" Server ["TargetID"]
        ["ComputerID" "SID" "FullDomainName" "IsRegistered" "LastNameChangeTime" "ParentServerTargetID"]
        ["LastSyncTime" CONTACT "LastReportedStatusTime" CONTACT "LastReportedRebootTime" CONTACT "IPAddress" CONTACT
         "LastInventoryTime" CONTACT "EffectiveLastDetectionTime" CONTACT "LastSyncResult" CONTACT]
    "tbDownstreamServerTarget" "downstream servers" Server ["TargetID"]
        ["SID" "AccountName" "AccountServerID" "ParentServerTargetID" "Version" "IsReplica"]
        ["LastSyncTime" CONTACT "RollupLastSyncTime" CONTACT "LastDeploymentSyncTime" CONTACT "LastRollupTime" CONTACT]
    "tbCategoryInSubscription" "products and classifications" Server ["SubscriptionID" "CategoryID"] [] []
    "tbLanguageInSubscription" "languages" Server ["SubscriptionID" "LanguageID"] ["DeltaSync"] []
    "tbSchedule" "schedules" Server ["ScheduleTarget" "ScheduleID"]
        ["LastModifiedBy" "LastModifiedTime" "ScheduledTimeOfDay" "ScheduledRunTime" "LastRunTime" "Frequency"] []
    "tbAutoDeploymentRule" "rules of automatic approval" Server ["ID"]
        ["Enabled" "ActionID" "Name" "DateOffset" "MinutesAfterMidnight"] []
    "tbCategoryInAutoDeploymentRule" "products of rules" Server ["AutoDeploymentRuleID" "CategoryID"] [] []
    "tbUpdateClassificationInAutoDeploymentRule" "classifications of rules" Server
        ["AutoDeploymentRuleID" "UpdateClassificationID"] [] []
    "tbTargetGroupInAutoDeploymentRule" "groups of rules" Memory ["AutoDeploymentRuleID" "TargetGroupID"] [] []
    "tbEulaAcceptance" "accepted licences" Memory ["EulaID"] ["AcceptedDate" "AdminName"] []
    "tbConfigurationA" "configuration" Server ["ConfigurationID"]
        ["LastConfigChange" "DssAnonymousTargeting" "IsRegistrationRequired" "MaxDeltaSyncPeriod" "ReportingServiceUrl"
         "ServerID" "AnonymousCookieExpirationTime" "SimpleTargetingCookieExpirationTime"
         "MaximumServerCookieExpirationTime" "DssTargetingCookieExpirationTime" "ServerTargeting" "SyncToMU"
         "UpstreamServerName" "ServerPortNumber" "UpstreamServerUseSSL" "UseProxy" "ProxyName" "ProxyServerPort"
         "AnonymousProxyAccess" "ProxyUserName" "HostOnMu" "HandshakeAnchor"]
        ["EncryptionKey" SECRET "ProxyPassword" SECRET]
    "tbConfigurationB" "configuration" Server ["ConfigurationID"]
        ["LocalContentCacheLocation" "ServerSupportsAllLanguages" "LogLevel" "LogPath"
         "SubscriptionFailureNumberOfRetries" "SubscriptionFailureWaitBetweenRetriesTime"
         "DispatchManagerPollingInterval" "StateMachineTransitionLoggingEnabled"
         "StateMachineTransitionErrorCaptureLength" "MaxSimultaneousFileDownloads" "MUUrl"
         "MaxNumberOfIdsToRequestDataFromUss" "EventLogFloodProtectTime" "DoReportingDataValidation"
         "DoReportingSummarization" "StatsDotNetWebServiceUri" "QueueFlushTimeInMS" "QueueFlushCount"
         "QueueRejectCount" "SleepTimeAfterErrorInMS" "LogDestinations" "AutoRefreshDeployments"
         "RedirectorChangeNumber" "ImportLocalPath" "UseCookieValidation" "AutoPurgeDetectionPeriod"
         "AutoPurgeClientEventAgeThreshold" "AutoPurgeServerEventAgeThreshold"] []
    "tbConfigurationC" "configuration" Server ["ConfigurationID"]
        ["MaxCoreUpdatesPerRequest" "MaxExtendedUpdatesPerRequest" "DownloadRegulationUrl"
         "AllowProxyCredentialsOverNonSsl" "LazySync" "DownloadExpressPackages" "DoServerSyncCompression"
         "ProxyUserDomain" "BitsHealthScanningInterval" "BitsDownloadPriorityForeground" "MaxXmlPerRequest"
         "MaxXmlPerRequestInServerSync" "MaxTargetComputers" "MaxEventInstances" "ReplicaMode"
         "LogRolloverFileSizeInBytes" "AutoDeployMandatory" "WUSInstallType" "DeploymentChangeDeferral"
         "RevisionDeletionTimeThreshold" "RevisionDeletionSizeThreshold" "CoreXmlCompressionThreshold"
         "PublishedXmlCompressionThreshold" "MaxDownstreamServers" "CollectClientInventory" "DoDetailedRollup"
         "RollupResetGuid" "HmDetectIntervalInSeconds" "HmRefreshIntervalInSeconds" "HmCoreDiskSpaceGreenMegabytes"
         "HmCoreDiskSpaceRedMegabytes" "HmCoreCatalogSyncIntervalInDays" "HmClientsInstallUpdatesGreenPercent"
         "HmClientsInstallUpdatesRedPercent" "HmClientsInventoryGreenPercent" "HmClientsInventoryRedPercent"
         "HmClientsInventoryScanDiffInHours" "HmClientsSilentGreenPercent" "HmClientsSilentRedPercent"
         "HmClientsSilentDays" "HmCoreFlags" "HmClientsFlags" "HmDatabaseFlags" "HmWebServicesFlags"
         "HmClientsTooManyGreenPercent" "HmClientsTooManyRedPercent"] []
    "tbConfiguration" "settings by name; not those of passwords" Memory ["Name"] ["Value"] []
}

impl ParityTable {
    /// The table of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PARITY_TABLES.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// Every column this program knows of the table: its key, what is compared, what is excluded.
    #[must_use]
    pub fn known(&self) -> Vec<&'static str> {
        let excluded = self.excluded.iter().map(|(column, _)| column);
        self.key.iter().chain(self.columns).chain(excluded).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_table_stands_once_and_a_column_once_in_it() {
        let names: BTreeSet<_> = PARITY_TABLES.iter().map(|table| table.name).collect();
        assert_eq!(names.len(), PARITY_TABLES.len());
        for table in PARITY_TABLES {
            let known = table.known();
            let once: BTreeSet<_> = known.iter().collect();
            assert_eq!(once.len(), known.len(), "{}", table.name);
        }
    }

    #[test]
    fn secrets_are_never_compared() {
        for table in PARITY_TABLES {
            for column in table.key.iter().chain(table.columns) {
                assert!(
                    !["EncryptionKey", "ProxyPassword", "DecryptionKey"].contains(column),
                    "{}.{column}",
                    table.name
                );
            }
        }
    }
}
