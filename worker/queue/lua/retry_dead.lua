local id, entry = unpack(ARGV)
-- Accepts a buried job again. Returns 1, or 0 if it is not buried. Runs after shared/outbox/lua/outbox.lua.
if redis.call('HDEL', DEAD, id) == 0 then return 0 end
local job = cjson.decode(entry)
redis.call('ZREM', BURIED, id)
redis.call('DEL', SETTLED .. id)
remember(job.address_hash, id, 'retried', '')
add(id, entry, '')
if job.kind == 'password_changed' then
  redis.call('ZREM', REQUESTS, id)
  redis.call('ZADD', NOTICES, digits(now()), id)
end
return 1
