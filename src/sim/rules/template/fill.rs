//! Fills a template's tree with a sample's labels and value. Bounded by the tree's size and the text's length.

use super::functions::{Held, call};
use super::{Data, MOST_TEXT_BYTES, Operand, Piece, Pipeline};

/// Fills the pieces.
pub(super) fn fill(pieces: &[Piece], data: Data<'_>) -> Result<String, String> {
    let mut filler = Filler {
        data,
        variables: Vec::new(),
        out: String::new(),
    };
    filler.pieces(pieces, &Held::Data)?;
    Ok(filler.out)
}

struct Filler<'a> {
    data: Data<'a>,
    variables: Vec<(String, Held)>,
    out: String,
}

impl Filler<'_> {
    fn pieces(&mut self, pieces: &[Piece], dot: &Held) -> Result<(), String> {
        let known = self.variables.len();
        for piece in pieces {
            match piece {
                Piece::Text(text) => self.write(text)?,
                Piece::Print(pipeline) => {
                    let value = self.pipeline(pipeline, dot)?;
                    if pipeline.assign.is_none() {
                        let text = value.print(self.data);
                        self.write(&text)?;
                    }
                }
                Piece::If { arms, otherwise } => self.branch(arms, otherwise, dot)?,
                Piece::With {
                    value,
                    body,
                    otherwise,
                } => {
                    let before = self.variables.len();
                    let value = self.pipeline(value, dot)?;
                    if value.is_true(self.data) {
                        self.pieces(body, &value)?;
                    } else {
                        self.pieces(otherwise, dot)?;
                    }
                    self.variables.truncate(before);
                }
            }
        }
        self.variables.truncate(known);
        Ok(())
    }

    fn branch(
        &mut self,
        arms: &[(Pipeline, Vec<Piece>)],
        otherwise: &[Piece],
        dot: &Held,
    ) -> Result<(), String> {
        for (condition, body) in arms {
            let before = self.variables.len();
            let holds = self.pipeline(condition, dot)?.is_true(self.data);
            if holds {
                self.pieces(body, dot)?;
            }
            self.variables.truncate(before);
            if holds {
                return Ok(());
            }
        }
        self.pieces(otherwise, dot)
    }

    fn write(&mut self, text: &str) -> Result<(), String> {
        if self.out.len() + text.len() > MOST_TEXT_BYTES {
            return Err(format!("the text is longer than {MOST_TEXT_BYTES} bytes"));
        }
        self.out.push_str(text);
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Held) -> Result<Held, String> {
        let mut given: Option<Held> = None;
        for command in &pipeline.commands {
            given = Some(self.command(command, given, dot)?);
        }
        let value = given.unwrap_or(Held::Nil);
        if let Some(name) = &pipeline.assign {
            self.variables.push((name.clone(), value.clone()));
        }
        Ok(value)
    }

    fn command(
        &mut self,
        operands: &[Operand],
        given: Option<Held>,
        dot: &Held,
    ) -> Result<Held, String> {
        let Some((first, rest)) = operands.split_first() else {
            return Ok(Held::Nil);
        };
        let Operand::Function(function) = first else {
            return self.operand(first, dot);
        };
        let mut arguments = Vec::with_capacity(rest.len() + 1);
        for operand in rest {
            arguments.push(match operand {
                Operand::Function(function) => call(*function, &[], self.data)?,
                other => self.operand(other, dot)?,
            });
        }
        arguments.extend(given);
        call(*function, &arguments, self.data)
    }

    fn operand(&mut self, operand: &Operand, dot: &Held) -> Result<Held, String> {
        let (value, fields) = match operand {
            Operand::Function(function) => return call(*function, &[], self.data),
            Operand::Text(text) => return Ok(Held::Text(text.clone())),
            Operand::Number(number) => return Ok(Held::Number(*number)),
            Operand::Whole(whole) => return Ok(Held::Whole(*whole)),
            Operand::Bool(value) => return Ok(Held::Bool(*value)),
            Operand::Nil => return Ok(Held::Nil),
            Operand::Dot(fields) => (dot.clone(), fields),
            Operand::Variable(name, fields) => (self.variable(name), fields),
            Operand::Paren(pipeline, fields) => (self.pipeline(pipeline, dot)?, fields),
        };
        fields
            .iter()
            .try_fold(value, |value, field| value.field(field, self.data))
    }

    fn variable(&self, name: &str) -> Held {
        let own = self.variables.iter().rev().find(|(own, _)| own == name);
        match (own, name) {
            (Some((_, value)), _) => value.clone(),
            (None, "labels") => Held::Labels,
            (None, "externalLabels") => Held::NoLabels,
            (None, "value") => Held::Number(self.data.value),
            _ => Held::Data,
        }
    }
}
