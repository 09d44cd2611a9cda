"""A catalogue of attacks. A name says what is tried; a test that passes has beaten it off."""
