//! Whole-number sums: `$((a * (b + 1)))`. Wraps as bash does; bounded in depth.

/// How deep brackets go.
const DEEPEST: usize = 40;

/// The value of a sum; names are looked up.
///
/// # Errors
/// As bash words it.
pub fn value(text: &str, lookup: &dyn Fn(&str) -> String) -> Result<i64, String> {
    let mut sum = Sum {
        letters: text.chars().collect(),
        at: 0,
        depth: 0,
        lookup,
        whole: text,
    };
    let value = sum.level(0)?;
    sum.blanks();
    if sum.at < sum.letters.len() {
        return Err(sum.wrong("syntax error in expression"));
    }
    Ok(value)
}

struct Sum<'a> {
    letters: Vec<char>,
    at: usize,
    depth: usize,
    lookup: &'a dyn Fn(&str) -> String,
    whole: &'a str,
}

/// Operators from the loosest to the tightest.
const LEVELS: [&[&str]; 9] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<<", ">>", "<", ">"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Sum<'_> {
    fn wrong(&self, what: &str) -> String {
        let rest: String = self.letters.iter().skip(self.at).collect();
        let token = if rest.trim().is_empty() {
            self.whole.trim().to_owned()
        } else {
            rest
        };
        format!("{}: {what} (error token is \"{token}\")", self.whole.trim())
    }

    fn blanks(&mut self) {
        while self
            .letters
            .get(self.at)
            .is_some_and(|letter| letter.is_whitespace())
        {
            self.at += 1;
        }
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.blanks();
        let fits = sign
            .chars()
            .enumerate()
            .all(|(step, letter)| self.letters.get(self.at + step) == Some(&letter));
        let next = self.letters.get(self.at + sign.len()).copied();
        // `|` is not the start of `||`, `<` not that of `<<`.
        let longer = match sign {
            "|" => next == Some('|'),
            "&" => next == Some('&'),
            "<" | ">" => next == Some('=') || next.is_some_and(|next| sign.starts_with(next)),
            _ => false,
        };
        if fits && !longer {
            self.at += sign.len();
            return true;
        }
        false
    }

    fn level(&mut self, level: usize) -> Result<i64, String> {
        let Some(signs) = LEVELS.get(level) else {
            return self.one();
        };
        let mut left = self.level(level + 1)?;
        'signs: loop {
            for sign in *signs {
                if self.takes(sign) {
                    let right = self.level(level + 1)?;
                    left = self.apply(sign, left, right)?;
                    continue 'signs;
                }
            }
            return Ok(left);
        }
    }

    fn apply(&self, sign: &str, left: i64, right: i64) -> Result<i64, String> {
        Ok(match sign {
            "||" => i64::from(left != 0 || right != 0),
            "&&" => i64::from(left != 0 && right != 0),
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<<" => left.wrapping_shl(right as u32),
            ">>" => left.wrapping_shr(right as u32),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" | "%" if right == 0 => return Err(self.wrong("division by 0")),
            "/" => left.wrapping_div(right),
            _ => left.wrapping_rem(right),
        })
    }

    fn one(&mut self) -> Result<i64, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong("expression recursion level exceeded"));
        }
        self.blanks();
        let value = match self.letters.get(self.at).copied() {
            Some('-') => {
                self.at += 1;
                self.one()?.wrapping_neg()
            }
            Some('+') => {
                self.at += 1;
                self.one()?
            }
            Some('!') => {
                self.at += 1;
                i64::from(self.one()? == 0)
            }
            Some('(') => {
                self.at += 1;
                let value = self.level(0)?;
                if !self.takes(")") {
                    return Err(self.wrong("missing `)'"));
                }
                value
            }
            Some(letter) if letter.is_ascii_digit() => {
                let digits = self.word();
                let value = match digits.strip_prefix("0x") {
                    Some(hex) => i64::from_str_radix(hex, 16),
                    None => digits.parse(),
                };
                value.map_err(|_| self.wrong("value too great for base"))?
            }
            Some(letter) if letter.is_ascii_alphabetic() || letter == '_' || letter == '$' => {
                if letter == '$' {
                    self.at += 1;
                }
                let name = self.word();
                let text = (self.lookup)(&name);
                text.trim().parse().unwrap_or(0)
            }
            _ => return Err(self.wrong("syntax error: operand expected")),
        };
        self.depth -= 1;
        Ok(value)
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(letter) = self.letters.get(self.at) {
            if !(letter.is_ascii_alphanumeric() || *letter == '_') {
                break;
            }
            word.push(*letter);
            self.at += 1;
        }
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums() {
        let of = |text: &str| {
            value(text, &|name| {
                if name == "x" {
                    "7".into()
                } else {
                    String::new()
                }
            })
        };
        assert_eq!(of("1 + 2 * 3"), Ok(7));
        assert_eq!(of("(1 + 2) * -x"), Ok(-21));
        assert_eq!(of("x > 3 && y == 0"), Ok(1));
        assert_eq!(of("1 << 4 | 1"), Ok(17));
        assert_eq!(of("0x10 % 3"), Ok(1));
        assert!(of("1 / 0").unwrap_err().contains("division by 0"));
        assert!(of("1 +").unwrap_err().contains("operand expected"));
        assert!(
            of("1 2")
                .unwrap_err()
                .contains("syntax error in expression")
        );
    }
}
