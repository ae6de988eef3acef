//! The command `wsusmigrate`, for the tests of this package.

fn main() -> std::process::ExitCode {
    wsusmigrate::main()
}
