-- The beginning of every script of the worker, after shared/outbox/lua/outbox.lua and the constants of
-- worker/queue/consumer.py: shared functions.

local function count(field, amount)
  redis.call('HINCRBY', METRICS, field, amount)
end

local function end_lease(id)
  redis.call('ZREM', LEASED, id)
  redis.call('HDEL', LEASE_OWNER, id)
end

-- Let a job wait for another attempt.
local function requeue(id)
  redis.call('LPUSH', AGAIN, id)
end

local function jobs_wait()
  return redis.call('EXISTS', LANES, AGAIN, QUEUED) > 0
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
