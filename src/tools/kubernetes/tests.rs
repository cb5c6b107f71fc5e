//! Tests of kubectl as a whole: forms, errors, acting verbs, and a comparison with recorded output. Owns no code of the program.

mod fixture;
mod forms;
mod reference;
mod verbs;
