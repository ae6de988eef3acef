//! Who runs, and on what.

use std::ffi::c_void;
use std::io;
use std::ptr;

use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
use windows_sys::Win32::Foundation::{CloseHandle, ERROR_SUCCESS, HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::ConvertSidToStringSidW;
use windows_sys::Win32::Security::{
    GetTokenInformation, LookupAccountSidW, PSID, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::Registry::{HKEY_LOCAL_MACHINE, RRF_RT_REG_SZ, RegGetValueW};
use windows_sys::Win32::System::SystemInformation::{
    ComputerNamePhysicalDnsHostname, GetComputerNameExW, OSVERSIONINFOW,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::{checked, until_nul, wide};
use crate::platform::fact::Account;

/// The longest account or domain name, with room to spare.
const NAME_UNITS_MAX: usize = 512;

/// Makes sure that a crash neither shows a dialogue nor is reported with an image of the memory. Dumps that an
/// administrator configured for this program (`LocalDumps`) are his own decision.
#[allow(clippy::unnecessary_wraps)]
pub fn disable_core_dumps() -> io::Result<()> {
    // SAFETY: takes and returns plain numbers.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX) };
    Ok(())
}

/// This machine's name.
pub fn host_name() -> io::Result<String> {
    let mut name = [0_u16; 256];
    let mut length = 256;
    // SAFETY: the length is that of the buffer and is a live integer.
    checked(unsafe {
        GetComputerNameExW(ComputerNamePhysicalDnsHostname, name.as_mut_ptr(), &raw mut length)
    })?;
    Ok(until_nul(&name).to_string_lossy().into_owned())
}

/// Whom this process acts as: the user of its token.
pub fn account() -> io::Result<Account> {
    let mut token: HANDLE = ptr::null_mut();
    // SAFETY: the current process's pseudo handle is always valid; the token is written to a live handle.
    checked(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) })?;
    let account = account_of(token);
    // SAFETY: the token was opened above and is not used afterwards.
    unsafe { CloseHandle(token) };
    account
}

fn account_of(token: HANDLE) -> io::Result<Account> {
    // Of eight-byte units, so that the structure at its beginning is aligned. A SID has at most 68 bytes.
    let mut memory = [0_u64; 32];
    let size = u32::try_from(size_of_val(&memory)).unwrap_or(0);
    let mut used = 0;
    // SAFETY: the size is that of the buffer; the token is open.
    checked(unsafe {
        GetTokenInformation(token, TokenUser, memory.as_mut_ptr().cast::<c_void>(), size, &raw mut used)
    })?;
    // SAFETY: the call above wrote a TOKEN_USER to the beginning of the buffer, which is large and aligned enough. The
    // SID it points to lies in the same buffer.
    let sid = unsafe { (*memory.as_ptr().cast::<TOKEN_USER>()).User.Sid };
    let id = sid_text(sid)?;
    Ok(Account { name: account_name(sid).unwrap_or_else(|_| id.clone()), id })
}

fn sid_text(sid: PSID) -> io::Result<String> {
    let mut text: *mut u16 = ptr::null_mut();
    // SAFETY: the SID is valid as long as the caller's buffer; the text is written to a live pointer.
    checked(unsafe { ConvertSidToStringSidW(sid, &raw mut text) })?;
    let mut units = Vec::new();
    // SAFETY: the text is a string of the system that ends in a NUL; it is read up to there.
    unsafe {
        let mut unit = text;
        while *unit != 0 {
            units.push(*unit);
            unit = unit.add(1);
        }
        LocalFree(text.cast());
    }
    Ok(String::from_utf16_lossy(&units))
}

fn account_name(sid: PSID) -> io::Result<String> {
    let (mut name, mut domain) = ([0_u16; NAME_UNITS_MAX], [0_u16; NAME_UNITS_MAX]);
    let length = u32::try_from(NAME_UNITS_MAX).unwrap_or(0);
    let (mut name_length, mut domain_length, mut kind) = (length, length, 0);
    // SAFETY: the SID is valid, the lengths are those of the buffers, all pointers are to live values; no system name.
    checked(unsafe {
        LookupAccountSidW(
            ptr::null(),
            sid,
            name.as_mut_ptr(),
            &raw mut name_length,
            domain.as_mut_ptr(),
            &raw mut domain_length,
            &raw mut kind,
        )
    })?;
    let (name, domain) = (until_nul(&name), until_nul(&domain));
    Ok(format!("{}\\{}", domain.to_string_lossy(), name.to_string_lossy()))
}

/// The operating system in one line: version, and the product's name out of the registry.
#[must_use]
pub fn os_description() -> String {
    let size = u32::try_from(size_of::<OSVERSIONINFOW>()).unwrap_or(0);
    let mut version = OSVERSIONINFOW { dwOSVersionInfoSize: size, ..OSVERSIONINFOW::default() };
    // SAFETY: the structure is live and states its own size.
    unsafe { RtlGetVersion(&raw mut version) };
    let OSVERSIONINFOW { dwMajorVersion: major, dwMinorVersion: minor, dwBuildNumber: build, .. } = version;
    match product() {
        Some(product) => format!("Windows {major}.{minor}.{build} ({product})"),
        None => format!("Windows {major}.{minor}.{build}"),
    }
}

fn product() -> Option<String> {
    let key = wide(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion".as_ref());
    let value = wide("ProductName".as_ref());
    let mut text = [0_u16; 256];
    let mut size = u32::try_from(size_of_val(&text)).unwrap_or(0);
    // SAFETY: both names end in a NUL; the size in bytes is that of the buffer; the type is not asked for.
    let answer = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            value.as_ptr(),
            RRF_RT_REG_SZ,
            ptr::null_mut(),
            text.as_mut_ptr().cast(),
            &raw mut size,
        )
    };
    (answer == ERROR_SUCCESS).then(|| until_nul(&text).to_string_lossy().into_owned())
}
