//! What a WSUS host is called and who its accounts are, as it told itself. The worksheet carries it from the old host to the
//! new one, so that no name is put together from others where the host's own word can be had.

/// The field of the worksheet that says what a host is called.
pub const MACHINE_FIELD: &str = "host.machine";
const ACCOUNT_FIELD: &str = "host.machine-account";
/// What stands in that field of a host that has no account anywhere but on itself.
const WORKGROUP: &str = "none: a workgroup";

/// A WSUS host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Its short name: what stands in front of accounts of its own.
    pub name: String,
    /// Its machine account as the domain has it, `DOMAIN\NAME$`; nothing in a workgroup, or where nobody told.
    pub account: Option<String>,
    /// Its local groups of WSUS.
    pub groups: Vec<LocalGroup>,
}

/// What a local group of WSUS is for. Its name may be another one: Windows translates it, people change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// `WSUS Administrators`.
    Administrators,
    /// `WSUS Reporters`.
    Reporters,
}

/// A local group of WSUS on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalGroup {
    /// What it is for.
    pub kind: GroupKind,
    /// Its security identifier, as bytes.
    pub sid: Vec<u8>,
    /// Its name, `HOST\WSUS Administrators`.
    pub name: String,
}

impl GroupKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Administrators, Self::Reporters];

    /// The name that setup gives it on an English Windows.
    #[must_use]
    pub const fn usual_name(self) -> &'static str {
        match self {
            Self::Administrators => "WSUS Administrators",
            Self::Reporters => "WSUS Reporters",
        }
    }

    const fn fields(self) -> [&'static str; 2] {
        match self {
            Self::Administrators => ["host.wsus-administrators", "host.wsus-administrators.sid"],
            Self::Reporters => ["host.wsus-reporters", "host.wsus-reporters.sid"],
        }
    }
}

impl LocalGroup {
    /// A group with its identifier in its usual form, `S-1-5-21-…`; nothing where that is none.
    #[must_use]
    pub fn new(kind: GroupKind, sid: &str, name: String) -> Option<Self> {
        Some(Self { kind, sid: sid_bytes(sid)?, name })
    }
}

impl Machine {
    /// The fields of the worksheet: names and values.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, String)> {
        let account = self.account.clone().unwrap_or_else(|| WORKGROUP.to_owned());
        let mut fields =
            vec![(MACHINE_FIELD.to_owned(), self.name.clone()), (ACCOUNT_FIELD.to_owned(), account)];
        for group in &self.groups {
            let values = [group.name.clone(), sid_text(&group.sid)];
            fields.extend(group.kind.fields().map(str::to_owned).into_iter().zip(values));
        }
        fields
    }

    /// The host as a worksheet tells of it; nothing where it does not.
    #[must_use]
    pub fn of_worksheet(field: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let account = field(ACCOUNT_FIELD)?;
        let group = |kind: GroupKind| {
            let [name, sid] = kind.fields().map(&field);
            LocalGroup::new(kind, &sid?, name?)
        };
        Some(Self {
            name: field(MACHINE_FIELD)?,
            account: (account != WORKGROUP).then_some(account),
            groups: GroupKind::ALL.into_iter().filter_map(group).collect(),
        })
    }

    /// Its group of a kind.
    #[must_use]
    pub fn group(&self, kind: GroupKind) -> Option<&LocalGroup> {
        self.groups.iter().find(|group| group.kind == kind)
    }
}

/// `S-1-5-21-…` as SQL Server stores it (MS-DTYP 2.4.2): revision, count, authority in six bytes, sub-authorities.
fn sid_bytes(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.strip_prefix("S-1-")?.split('-');
    let authority = parts.next()?.parse::<u64>().ok()?.to_be_bytes();
    let subs = parts.map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<_>>>()?;
    let mut bytes = vec![1, u8::try_from(subs.len()).ok().filter(|count| *count <= 15)?];
    bytes.extend_from_slice(&authority[2..]);
    bytes.extend(subs.into_iter().flat_map(u32::to_le_bytes));
    (authority[..2] == [0, 0]).then_some(bytes)
}

/// The other way round; empty where the bytes are no identifier.
fn sid_text(bytes: &[u8]) -> String {
    let Some((head, subs)) = bytes.split_at_checked(8) else { return String::new() };
    let authority = head[2..].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let subs = subs.chunks_exact(4).map(|sub| u32::from_le_bytes([sub[0], sub[1], sub[2], sub[3]]));
    subs.fold(format!("S-{}-{authority}", head[0]), |text, sub| format!("{text}-{sub}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::database::principals::NETWORK_SERVICE_SID;

    #[test]
    fn identifiers_read_as_sql_server_stores_them() {
        assert_eq!(sid_bytes("S-1-5-20").unwrap(), NETWORK_SERVICE_SID);
        assert_eq!(sid_text(NETWORK_SERVICE_SID), "S-1-5-20");
        let local = "S-1-5-21-4294967295-1-2-1001";
        assert_eq!(sid_text(&sid_bytes(local).unwrap()), local);
        for text in ["", "S-1", "S-1-", "S-2-5-20", "S-1-5-x", "S-1-5-4294967296", "S-1-281474976710656-1"] {
            assert_eq!(sid_bytes(text), None, "{text}");
        }
        assert_eq!(sid_bytes(&format!("S-1-5{}", "-1".repeat(16))), None);
    }

    #[test]
    fn what_a_host_tells_goes_through_the_worksheet() {
        let group = |kind, sid, name: &str| LocalGroup::new(kind, sid, name.to_owned()).unwrap();
        let told = Machine {
            name: "OLDWSUS".into(),
            account: Some(r"CORP\OLDWSUS$".into()),
            groups: vec![
                group(GroupKind::Administrators, "S-1-5-21-1-2-3-1001", r"OLDWSUS\Admins"),
                group(GroupKind::Reporters, "S-1-5-21-1-2-3-1002", r"OLDWSUS\Reporters"),
            ],
        };
        let alone = Machine { name: "ALONE".into(), ..Machine::default() };
        for machine in [told, alone] {
            let fields: BTreeMap<_, _> = machine.fields().into_iter().collect();
            assert_eq!(Machine::of_worksheet(|name| fields.get(name).cloned()), Some(machine));
        }
        assert_eq!(Machine::of_worksheet(|_| None), None);
    }
}
