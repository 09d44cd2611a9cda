-- ARGV: id, holder, reason.  Only for the present holder; returns 1, or 0 if the lease is lost.
if redis.call('HGET', HOLDER, ARGV[1]) ~= ARGV[2] then return 0 end
return bury(ARGV[1], ARGV[3])
