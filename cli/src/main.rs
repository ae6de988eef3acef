//! The command `wsusmigrate`.

fn main() -> std::process::ExitCode {
    wsusmigrate::main()
}
