local id, entry = unpack(ARGV)
-- Takes every step of accept.lua that writes, and undoes it at once. A script is atomic, so nobody else sees anything of
-- it. Runs after shared/outbox/lua/outbox.lua and the constants of api/forgot/accept.py.
--
-- Returns 1, or 0 if the outbox is full.
if redis.call('HLEN', JOBS) >= MAX_JOBS then return 0 end

local limit, networks = LIMITS .. id, NETWORKS .. id
redis.call('MGET', limit)
redis.call('SET', limit, 1, 'EX', 1)
redis.call('INCR', limit)
redis.call('INCRBY', limit, 1)
redis.call('EXPIRE', limit, 1, 'NX')
redis.call('SCARD', networks)
redis.call('SADD', networks, 1)
local messages = redis.call('LLEN', QUEUE)
add(id, entry, id)
remember(id, id, 'accepted', '')

if redis.call('LLEN', QUEUE) > messages then redis.call('LPOP', QUEUE) end
redis.call('LREM', LANES, -1, id)
redis.call('DEL', limit, networks, HISTORY .. id, LANE .. id)
forget(id)
return 1
