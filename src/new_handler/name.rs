//! A handler's name, and what it is in code.

use std::str::FromStr;

/// Small letters and digits in words, as in `crm` or `by-caller`.
#[derive(Debug, Clone)]
pub(crate) struct Name(String);

/// Words that no module can have for a name; and `main`, by which two would be meant.
const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else enum extern \
    false final fn for gen if impl in let loop macro match mod move mut override priv pub ref \
    return self static struct super trait true try type typeof unsized use virtual where while \
    yield main";

impl FromStr for Name {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let is_part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let starts = word.starts_with(|first: char| first.is_ascii_lowercase());
        if !starts || word.len() > 40 || !word.split(['-', '_']).all(is_part) {
            return Err("write small letters and digits, as in «by-caller»".to_owned());
        }
        if KEYWORDS.split(' ').any(|keyword| keyword == word) || word == concat!("un", "safe") {
            return Err(format!("«{word}» is a word of Rust; write another one"));
        }
        Ok(Self(word.to_owned()))
    }
}

impl Name {
    /// As it was given.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Its module.
    pub(crate) fn module(&self) -> String {
        self.0.replace('-', "_")
    }

    /// Its type.
    pub(crate) fn camel_case(&self) -> String {
        let words = self.0.split(['-', '_']).map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        });
        words.collect()
    }
}

/// A key: what of it stands in code and in examples of look-ups alike.
pub(crate) fn key(word: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if word.is_empty() || word.len() > 100 || !word.bytes().all(is_plain) {
        return Err("write letters, digits, dots, hyphens and underscores".to_owned());
    }
    Ok(word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_of_settings_of_a_module_and_of_a_type() {
        let name: Name = "by-caller_2".parse().expect("a name");
        assert_eq!(
            (name.as_str(), name.module().as_str(), name.camel_case().as_str()),
            ("by-caller_2", "by_caller_2", "ByCaller2")
        );
    }

    #[test]
    fn what_is_no_module_is_no_name() {
        for word in ["", "A", "1st", "a--b", "-a", "a-", "a b", "a/b", "../a", "match", "é"] {
            assert!(word.parse::<Name>().is_err(), "{word}");
        }
        for word in ["", "a b", "a\"", "a/b", "$a"] {
            assert!(key(word).is_err(), "{word}");
        }
    }
}
