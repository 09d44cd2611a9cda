-- The beginning of every script of the worker, after shared/outbox/lua/outbox.lua and the constants of
-- worker/queue/consumer.py: shared functions.

local function count(field, amount)
  redis.call('HINCRBY', METRICS, field, amount)
end

-- Return when a message was pushed, and the id of its job: 0 and nil if the message is not Latchkey's. Every sweep does
-- this, so it searches only where they can be. The time has at most 16 digits, within the last 30 characters.
local function read(message)
  local _, last = string.find(message, '"correlation_id": "', 1, true)
  local pushed = string.match(message, '"pushed": (%d+)}}$', -30)
  return tonumber(pushed) or 0, last and string.match(message, '^(%x+)"', last + 1)
end

local function end_lease(id)
  redis.call('ZREM', LEASED, id)
  redis.call('HDEL', LEASE_OWNER, id)
end

-- Put a job at the front of the queue, marked as pushed at 0: it is older than what waits there.
local function requeue(id)
  redis.call('ZADD', QUEUED, digits(now()), id)
  redis.call('RPUSH', QUEUE, message_of(id, '0'))
end

-- Lease a queued job and return {entry, attempts, times unconfirmed}, or false if it is finished, leased or not yet
-- due. The same owner may repeat it.
local function claim(id, lease_owner, lease)
  if redis.call('ZREM', QUEUED, id) == 0 and redis.call('HGET', LEASE_OWNER, id) ~= lease_owner then return false end
  local entry = redis.call('HGET', JOBS, id)
  if not entry then
    forget(id)
    return false
  end
  redis.call('ZADD', LEASED, digits(now() + lease), id)
  redis.call('HSET', LEASE_OWNER, id, lease_owner)
  local attempts, unconfirmed = redis.call('HGET', ATTEMPTS, id) or 0, redis.call('HGET', UNCONFIRMED, id) or 0
  return {entry, tonumber(attempts), tonumber(unconfirmed)}
end

-- Dead letters hold addresses, so they are not kept forever.
local function forget_old_dead()
  local old = redis.call('ZRANGEBYSCORE', BURIED, '-inf', digits(now() - DEAD_LETTER_AGE), 'LIMIT', 0, 100)
  if redis.call('ZCARD', BURIED) - #old > MAX_DEAD_LETTERS then old = redis.call('ZRANGE', BURIED, 0, 0) end
  for _, id in ipairs(old) do
    redis.call('ZREM', BURIED, id)
    redis.call('HDEL', DEAD, id)
  end
end

-- Keep a job that cannot be emailed, for a person to look at. Returns 1, or 0 if the job is finished.
local function bury(id, reason)
  local time, entry = now(), redis.call('HGET', JOBS, id)
  if not entry then return 0 end
  forget(id)
  redis.call('HSET', DEAD, id, cjson.encode({reason = reason, buried_at = time / SECOND, entry = entry}))
  redis.call('ZADD', BURIED, digits(time), id)
  local job = cjson.decode(entry)
  count('mails_buried:' .. job.kind, 1)
  remember(job.address_hash, id, 'buried', reason)
  forget_old_dead()
  return 1
end
