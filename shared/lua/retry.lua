-- ARGV: id, holder, delay in microseconds, 1 if the relay may have taken the mail.  Only for the present holder; returns 1, or 0 if the lease is lost.
local id = ARGV[1]
if redis.call('HGET', HOLDER, id) ~= ARGV[2] then return 0 end
redis.call('ZREM', LEASED, id)
redis.call('HDEL', HOLDER, id)
redis.call('HINCRBY', ARGV[4] == '1' and UNSURE or TRIES, id, 1)
redis.call('ZADD', LATER, digits(now() + ARGV[3]), id)
return 1
