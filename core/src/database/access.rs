//! Who may be in a database.

/// Who may be in a database, as `sys.databases` says it and `ALTER DATABASE ... SET` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserAccess {
    /// Everybody with a user in it: `MULTI_USER`.
    Everybody,
    /// Its owner and the administrators: `RESTRICTED_USER`.
    Restricted,
    /// One session: `SINGLE_USER`.
    One,
}

impl UserAccess {
    /// Reads `user_access_desc`; nothing of a database that was not seen.
    #[must_use]
    pub fn read(desc: &str) -> Option<Self> {
        [Self::Everybody, Self::Restricted, Self::One].into_iter().find(|access| access.word() == desc)
    }

    /// As the server writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Everybody => "MULTI_USER",
            Self::Restricted => "RESTRICTED_USER",
            Self::One => "SINGLE_USER",
        }
    }
}
