//! Text -> tokens.

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Name(String),
    Number(i32),
    Text(String),
    /// An operator, a bracket, a comma or a semicolon.
    Mark(&'static str),
}

/// Longer ones first.
const MARKS: [&str; 26] = [
    "||", "&&", "==", "!=", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "&", "!", "(", ")", "[", "]", "{", "}",
    ",", ";", ".", "|",
];

/// The tokens of `text` with their lines.
///
/// # Errors
/// The line and what cannot be there.
pub fn tokens(text: &str) -> Result<Vec<(u32, Token)>, String> {
    let mut tokens = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let mut rest = text.trim_start();
        while !rest.is_empty() && !rest.starts_with('#') {
            let (token, behind) = token(rest).map_err(|error| format!("line {line}: {error}"))?;
            tokens.push((line, token));
            rest = behind.trim_start();
        }
    }
    Ok(tokens)
}

fn token(text: &str) -> Result<(Token, &str), String> {
    let is_word = |byte: char| byte.is_ascii_alphanumeric() || byte == '_';
    let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let number = text[..end].parse().map_err(|_| format!("{} is no number", &text[..end]))?;
        return Ok((Token::Number(number), &text[end..]));
    }
    if end > 0 {
        return Ok((Token::Name(text[..end].to_string()), &text[end..]));
    }
    if let Some(text) = text.strip_prefix('"') {
        return string(text);
    }
    match MARKS.iter().find(|mark| text.starts_with(**mark)) {
        Some(mark) => Ok((Token::Mark(mark), &text[mark.len()..])),
        None => Err(format!("unexpected {}", text.chars().next().unwrap_or(' '))),
    }
}

/// A string whose opening quote has been read.
fn string(text: &str) -> Result<(Token, &str), String> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Ok((Token::Text(value), &text[at + 1..])),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, c @ ('\\' | '"'))) => value.push(c),
                _ => return Err("unknown character behind \\".into()),
            },
            c => value.push(c),
        }
    }
    Err("a string without an end".into())
}
