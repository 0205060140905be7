//! A scope with a character that scopes can't have.
//~ a scope element must not contain `"`

mobilefirst::scopes! { Bad = "access\"Restricted"; }
