local numbers = {}
for i, text in ipairs(ARGV) do numbers[i] = tonumber(text) end
-- Times in microseconds. The limit applies to each step of a sweep.
local limit, grace, request_age, notice_age, max_lost_leases, max_queued, max_front = unpack(numbers)
-- Returns {dropped, put back from later, put back after a lost lease, put back because their message was lost, buried,
-- due and still waiting for room in the queue}.
--
-- The order matters. Lost messages are found first, before this sweep changes the queue. Then jobs of dead workers are
-- put at the front, and jobs that are too old are dropped. Due jobs come last, because they get the room that is left.
local time = now()

local function up_to(key, moment)
  return redis.call('ZRANGEBYSCORE', key, '-inf', digits(moment), 'LIMIT', 0, limit)
end

-- Remove messages of finished or dropped jobs, so that the queue is never longer than the outbox.
for _ = 1, limit do
  local message = redis.call('LINDEX', QUEUE, -1)
  local _, id = read(message or '')
  if not id or redis.call('HEXISTS', JOBS, id) == 1 then break end
  redis.call('RPOP', QUEUE)
end

-- The front of the queue is what sweeps have put there, marked as pushed at 0. Return its jobs, and the time when the
-- first message behind it was pushed: the present time if there is none, nil if the front is too long to be searched.
local function front()
  local next_one = redis.call('LINDEX', QUEUE, -1)
  if not next_one then return {}, time end
  local first = read(next_one)
  if first > 0 then return {}, first end
  local ours, messages = {}, redis.call('LRANGE', QUEUE, -max_front, -1)
  for i = #messages, 1, -1 do
    local pushed, id = read(messages[i])
    if pushed > 0 then return ours, pushed end
    if id then ours[id] = true end
  end
  return ours, #messages < max_front and time or nil
end

-- Find lost messages. Behind the front, the queue is first in, first out: if its next message was pushed at time P,
-- every message pushed before P has left the queue. A sweep stores P as the watermark, and later sweeps compare with
-- it: after a grace period, a job whose message was pushed before the watermark should have been claimed. If it is still
-- queued and not in the front, its message was lost between Redis and a worker. docs/outbox.md explains this step by
-- step.
local ours, pushed = front()
local marked_at, watermark = unpack(redis.call('HMGET', WATERMARK, 'time', 'mark'))
local lost = {}
if pushed and (not watermark or time - marked_at >= grace) then
  local before = '(' .. (watermark or 0)
  local left = redis.call('ZRANGEBYSCORE', QUEUED, '-inf', before, 'LIMIT', 0, limit + max_front)
  for _, id in ipairs(left) do
    if not ours[id] and #lost < limit then lost[#lost + 1] = id end
  end
  if #lost < limit then redis.call('HSET', WATERMARK, 'time', digits(time), 'mark', digits(pushed)) end
end
for _, id in ipairs(lost) do requeue(id) end

-- Drop jobs that are too old, wherever they wait; jobs that a worker holds are left to it.
local function drop(key, age)
  local dropped = 0
  for _, id in ipairs(up_to(key, time - age)) do
    local job = job_of(id)
    if not job then
      forget(id)
    elseif redis.call('HEXISTS', LEASE_OWNER, id) == 0 then
      forget(id)
      count('mails_dropped:' .. job.kind, 1)
      remember(job.address_hash, id, 'dropped', 'too old')
      dropped = dropped + 1
    end
  end
  return dropped
end

-- Stop trying a job that keeps losing its worker, because it is the likely cause.
local leases, buried = up_to(LEASED, time), 0
for _, id in ipairs(leases) do
  end_lease(id)
  if redis.call('HINCRBY', LOST_LEASES, id, 1) > max_lost_leases then
    buried = buried + bury(id, 'lost its worker too often')
  else
    requeue(id)
  end
end

local dropped = drop(REQUESTS, request_age) + drop(NOTICES, notice_age)

-- Due jobs get the room that is left in the queue, and always at least one place. After an outage there may be
-- thousands, and new requests should not have to wait for all of them.
local room = math.min(limit, math.max(1, max_queued - redis.call('LLEN', QUEUE)))
local later = redis.call('ZRANGEBYSCORE', LATER, '-inf', digits(time), 'LIMIT', 0, room)
for _, id in ipairs(later) do
  redis.call('ZREM', LATER, id)
  requeue(id)
end

forget_old_dead()

local swept = {due = #later, lease = #leases - buried, message = #lost}
for reason, jobs in pairs(swept) do
  if jobs > 0 then count('jobs_swept:' .. reason, jobs) end
end
return {dropped, swept.due, swept.lease, swept.message, buried, redis.call('ZCOUNT', LATER, '-inf', digits(time))}
