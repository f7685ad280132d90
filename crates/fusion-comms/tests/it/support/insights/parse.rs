//! Reads a query word by word; refuses the first that is not known.

#[derive(Debug)]
pub(super) enum Command {
    Fields(Vec<String>),
    Like { field: String, text: String },
    Count { named: String, by: Vec<(Expr, String)> },
    Sort { column: String, falling: bool },
    Limit(usize),
}

#[derive(Debug)]
pub(super) enum Expr {
    Field(String),
    /// `datefloor(@timestamp, 1d)`
    Day,
}

pub(super) fn parse(query: &str) -> Result<Vec<Command>, String> {
    let tokens = tokens(query)?;
    let mut commands = Vec::new();
    for words in tokens.split(|t| *t == Token::Mark('|')) {
        let mut words = Words(words);
        let command = match words.name()?.as_str() {
            "fields" => Command::Fields(words.fields()?),
            "filter" => words.like()?,
            "stats" => words.count()?,
            "sort" => words.sort()?,
            "limit" => Command::Limit(words.name()?.parse().map_err(|_| "`limit` takes a number")?),
            other => return Err(format!("the command `{other}` is not known here")),
        };
        words.end()?;
        commands.push(command);
    }
    Ok(commands)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A name, a number, a span such as `1d`.
    Word(String),
    Text(String),
    Mark(char),
}

fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "@_.".contains(c);
        let used = match first {
            '"' => {
                let text = rest[1..].split_once('"').ok_or("a text has no end")?.0;
                if text.contains('\\') {
                    return Err("a backslash in a text is not known here".to_owned());
                }
                found.push(Token::Text(text.to_owned()));
                text.len() + 2
            }
            '|' | ',' | '(' | ')' => {
                found.push(Token::Mark(first));
                1
            }
            c if is_word(c) => {
                let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
                found.push(Token::Word(word.to_owned()));
                word.len()
            }
            other => return Err(format!("the sign `{other}` is not known here")),
        };
        rest = rest[used..].trim_start();
    }
    Ok(found)
}

/// The words of one command, taken from the front.
struct Words<'t>(&'t [Token]);

impl Words<'_> {
    fn take(&mut self) -> Option<Token> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first.clone())
    }

    fn name(&mut self) -> Result<String, String> {
        match self.take() {
            Some(Token::Word(word)) => Ok(word),
            other => Err(format!("a name is missing; there is {other:?}")),
        }
    }

    fn is_next(&mut self, wanted: &Token) -> bool {
        let is = self.0.first() == Some(wanted);
        if is {
            self.0 = &self.0[1..];
        }
        is
    }

    fn is_word(&mut self, wanted: &str) -> bool {
        self.is_next(&Token::Word(wanted.to_owned()))
    }

    fn must(&mut self, wanted: Token) -> Result<(), String> {
        if self.is_next(&wanted) { Ok(()) } else { Err(format!("{wanted:?} is missing before {:?}", self.0)) }
    }

    fn end(&self) -> Result<(), String> {
        if self.0.is_empty() { Ok(()) } else { Err(format!("{:?} is not known here", self.0)) }
    }

    fn fields(&mut self) -> Result<Vec<String>, String> {
        let mut names = vec![self.name()?];
        while self.is_next(&Token::Mark(',')) {
            names.push(self.name()?);
        }
        Ok(names)
    }

    fn like(&mut self) -> Result<Command, String> {
        let field = self.name()?;
        self.must(Token::Word("like".to_owned()))?;
        match self.take() {
            Some(Token::Text(text)) => Ok(Command::Like { field, text }),
            other => Err(format!("`like` takes a text in double quotes here, not {other:?}")),
        }
    }

    fn count(&mut self) -> Result<Command, String> {
        self.must(Token::Word("count".to_owned()))?;
        self.must(Token::Mark('('))?;
        self.must(Token::Mark(')'))?;
        let named = if self.is_word("as") { self.name()? } else { "count()".to_owned() };
        let mut by = Vec::new();
        if self.is_word("by") {
            by.push(self.grouping()?);
            while self.is_next(&Token::Mark(',')) {
                by.push(self.grouping()?);
            }
        }
        Ok(Command::Count { named, by })
    }

    fn grouping(&mut self) -> Result<(Expr, String), String> {
        let name = self.name()?;
        let (expr, plain) = if self.is_next(&Token::Mark('(')) {
            if name != "datefloor" {
                return Err(format!("the function `{name}` is not known here"));
            }
            self.must(Token::Word("@timestamp".to_owned()))?;
            self.must(Token::Mark(','))?;
            self.must(Token::Word("1d".to_owned()))?;
            self.must(Token::Mark(')'))?;
            (Expr::Day, "datefloor(@timestamp, 1d)".to_owned())
        } else {
            (Expr::Field(name.clone()), name)
        };
        let named = if self.is_word("as") { self.name()? } else { plain };
        Ok((expr, named))
    }

    fn sort(&mut self) -> Result<Command, String> {
        let mut column = self.name()?;
        if self.is_next(&Token::Mark('(')) {
            self.must(Token::Mark(')'))?;
            column += "()";
        }
        let falling = self.is_word("desc");
        if !falling {
            self.is_word("asc");
        }
        Ok(Command::Sort { column, falling })
    }
}
