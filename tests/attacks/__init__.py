"""A catalogue of attacks. A test's name says what must hold, its docstring which weakness would break it."""
