//! A name that is none of a cookie.
//~ the name of a cookie contains a character that cookies don't allow

const PLACE: mobilefirst::TokenPlace = mobilefirst::TokenPlace::cookie("my token");
