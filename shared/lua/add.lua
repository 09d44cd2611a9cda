-- ARGV: id, entry, head and tail of the message, most jobs that may wait, when it was accepted.
-- Returns 1 new, 0 known already, -1 full.
if redis.call('HLEN', JOBS) >= tonumber(ARGV[5]) then return -1 end
return add(ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[6])
