//! Families of typed tools over a session: what a pane shows, a shell line prints and a program reads. Never draws.
