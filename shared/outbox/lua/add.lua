-- ARGV: id, entry, most jobs that may wait, when it was accepted.
-- Returns 1 new, 0 known already, -1 full.
if redis.call('HLEN', JOBS) >= tonumber(ARGV[3]) then return -1 end
return add(ARGV[1], ARGV[2], ARGV[4])
