//! The steps of a migration, in their order, with the words people read.

use crate::coded::coded;

coded! {
    /// A step of the plan. Numbers in texts are those of Microsoft's "Step 3: Migrate WSUS". The stored codes are
    /// spaced, so that later steps find their place in the order.
    Step {
        /// Fill the worksheet.
        Inventory = 10, "inventory";
        /// Look for what would stop or endanger the migration.
        Preflight = 20, "preflight";
        /// 3.1: copy `WsusContent` and `UpdateServicesPackages`, then read the copy back.
        Content = 30, "content";
        /// 3.3: SUSDB is backed up on the source; on the destination it replaces the one there.
        Database = 50, "database";
    }
}

impl Step {
    /// What the step does, in one line.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Inventory => "fill the worksheet: hosts, folders, space, storage mode",
            Self::Preflight => "look for what would stop or endanger the migration",
            Self::Content => "copy WsusContent and UpdateServicesPackages (3.1), prove every digest",
            Self::Database => "back up SUSDB, restore it on the new server (3.3), prove every row",
        }
    }
}
