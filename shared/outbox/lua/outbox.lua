-- What every script of the outbox begins with: the names of its keys, Redis's own clock, and the things that more than
-- one script does. shared/outbox/outbox.py says what the keys hold. The keys are named here and not passed as KEYS:
-- they never vary, and Redis Cluster, which would need them, is no Celery broker.
local JOBS, QUEUED, LEASED, LATER = 'outbox:jobs', 'outbox:queued', 'outbox:leased', 'outbox:later'
local REQUESTS, NOTICES = 'outbox:requests', 'outbox:notices'
local HOLDER, TRIES, LOST, UNSURE = 'outbox:holder', 'outbox:tries', 'outbox:lost', 'outbox:unsure'
local DEAD, BURIED, MARK, SETTLED = 'outbox:dead', 'outbox:buried', 'outbox:mark', 'outbox:settled:'
local METRICS, HISTORY, NO_HISTORY = 'metrics', 'history:', 'history:off'
local QUEUE = 'latchkey'

local SECOND = 1000000

-- Microseconds: seconds would not tell apart what is pushed within one. Time stands still while a script runs.
local present
local function now()
  if not present then
    local time = redis.call('TIME')
    present = time[1] * SECOND + time[2]
  end
  return present
end

-- tostring keeps 14 digits; a time has 16.
local function digits(number)
  return string.format('%.0f', number)
end

local function count(field, amount)
  redis.call('HINCRBY', METRICS, field, amount)
end

-- Add a line to what happened to an address lately: 48 hours, the last 100 lines. Requests over the quota, which anybody
-- can send, have a list of their own and push nothing else out.
local function remember(address_hash, id, event, detail)
  if not address_hash or event == '' or redis.call('EXISTS', NO_HISTORY) == 1 then return end
  local key, most = HISTORY .. address_hash, 100
  if event == 'limited' then
    key, most = key .. ':limited', 20
  end
  redis.call('RPUSH', key, digits(now()) .. ' ' .. id .. ' ' .. event .. ' ' .. detail)
  redis.call('LTRIM', key, -most, -1) -- Also where there are fewer: it is the same work for every address.
  redis.call('EXPIRE', key, 172800)
end

-- Return the job as a table, or nil if it is finished.
local function job_of(id)
  local entry = redis.call('HGET', JOBS, id)
  return entry and cjson.decode(entry)
end

-- Return the Celery message of a job, with the time of its push at the end, where a sweep reads it.
local function message_of(id, pushed)
  return table.concat(MESSAGE, id) .. pushed .. '}}'
end

-- Accept a job once: 1 if it is new, 0 if it is here or was finished a moment ago. Safe to repeat after a timeout.
local function add(id, entry, accepted)
  if redis.call('EXISTS', SETTLED .. id) == 1 or redis.call('HSETNX', JOBS, id, entry) == 0 then return 0 end
  local time = digits(now())
  redis.call('ZADD', REQUESTS, accepted or time, id)
  redis.call('ZADD', QUEUED, time, id)
  redis.call('LPUSH', QUEUE, message_of(id, time))
  return 1
end

-- Read when a message was pushed, and its job. One that is not ours has neither. Every sweep does this, so it looks where
-- they stand: the time, of 16 digits at most, is within the last 30 characters.
local function read(message)
  local _, last = string.find(message, '"correlation_id": "', 1, true)
  local pushed = string.match(message, '"pushed": (%d+)}}$', -30)
  return tonumber(pushed) or 0, last and string.match(message, '^(%x+)"', last + 1)
end

local function forget(id)
  redis.call('HDEL', JOBS, id)
  for _, key in ipairs({QUEUED, LEASED, LATER, REQUESTS, NOTICES}) do redis.call('ZREM', key, id) end
  for _, key in ipairs({HOLDER, TRIES, LOST, UNSURE}) do redis.call('HDEL', key, id) end
end

-- To the front of the queue, marked as pushed at 0: this one is older than what waits there.
local function requeue(id)
  redis.call('ZADD', QUEUED, digits(now()), id)
  redis.call('RPUSH', QUEUE, message_of(id, '0'))
end

-- Lease a queued job and return {entry, tries, times unsure}, or nothing if it is gone, leased or not yet due. The same
-- holder may repeat it.
local function claim(id, holder, lease)
  if redis.call('ZREM', QUEUED, id) == 0 and redis.call('HGET', HOLDER, id) ~= holder then return false end
  local entry = redis.call('HGET', JOBS, id)
  if not entry then
    forget(id)
    return false
  end
  redis.call('ZADD', LEASED, digits(now() + lease), id)
  redis.call('HSET', HOLDER, id, holder)
  local tries, unsure = redis.call('HGET', TRIES, id) or 0, redis.call('HGET', UNSURE, id) or 0
  return {entry, tonumber(tries), tonumber(unsure)}
end

-- Dead letters hold addresses: 14 days of them are kept, the newest 100,000.
local function forget_old_dead()
  local old = redis.call('ZRANGEBYSCORE', BURIED, '-inf', digits(now() - 14 * 86400 * SECOND), 'LIMIT', 0, 100)
  if redis.call('ZCARD', BURIED) - #old > 100000 then old = redis.call('ZRANGE', BURIED, 0, 0) end
  for _, gone in ipairs(old) do
    redis.call('ZREM', BURIED, gone)
    redis.call('HDEL', DEAD, gone)
  end
end

-- Keep what cannot be mailed for a person to look at.
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
