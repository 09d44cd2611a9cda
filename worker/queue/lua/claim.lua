-- ARGV: id, holder, lease in microseconds.  Returns what claim does.
return claim(ARGV[1], ARGV[2], ARGV[3])
