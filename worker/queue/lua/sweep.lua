local numbers = {}
for i = 1, 6 do numbers[i] = tonumber(ARGV[i]) end
-- Times in microseconds. The limit applies to each step of a sweep.
local limit, request_age, notice_age, max_wait, max_lost_leases, max_again = unpack(numbers)
local sweep_id = ARGV[7] -- For the message to a worker, if one is needed.
-- Returns {dropped, put back from later, put back after a lost lease, buried, due and still waiting for room}.
--
-- Jobs of dead workers come first, and due jobs last, because they get the room that is left.
local time = now()

local function up_to(key, moment)
  return redis.call('ZRANGEBYSCORE', key, '-inf', digits(moment), 'LIMIT', 0, limit)
end

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

-- After an outage thousands may be due. They fill AGAIN up to this length and at least one place, so that what waits
-- there is what is tried next.
local room = math.min(limit, math.max(1, max_again - redis.call('LLEN', AGAIN)))
local later = redis.call('ZRANGEBYSCORE', LATER, '-inf', digits(time), 'LIMIT', 0, room)
for _, id in ipairs(later) do
  redis.call('ZREM', LATER, id)
  requeue(id)
end

-- A message may be lost between Redis and a worker: if jobs wait and no message says so, send one.
if jobs_wait() then call_worker(sweep_id) end

forget_old_dead()

-- Tell the API how many jobs workers take a second. It refuses requests that would wait too long. While few requests
-- come, few are taken: so the highest rate counts, and is forgotten slowly.
local pace = redis.call('HMGET', PACE, 'at', 'taken', 'rate')
local seconds = (time - (pace[1] or 0)) / SECOND
if seconds >= PACE_SECONDS then
  local rate = math.max(1, (pace[2] or 0) / seconds, (pace[3] or 0) * KEPT_PACE)
  redis.call('HSET', PACE, 'at', digits(time), 'taken', 0, 'rate', rate, 'max_wait', max_wait)
end

local swept = {due = #later, lease = #leases - buried}
for reason, jobs in pairs(swept) do
  if jobs > 0 then count('jobs_swept:' .. reason, jobs) end
end
return {dropped, swept.due, swept.lease, buried, redis.call('ZCOUNT', LATER, '-inf', digits(time))}
