//! Prints every T-SQL statement the program can send, one of each shape, as JSON: for parsers that others wrote.

fn main() -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(&wsusmigrate_core::database::statement::all_samples())?);
    Ok(())
}
