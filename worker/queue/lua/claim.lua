local lease_owner, lease, most = unpack(ARGV) -- Lease in microseconds.
-- Leases the jobs whose turn it is, at most this many. Returns {entry, lane, attempts, times unanswered, times
-- unexpected, lost leases} for each.

-- What an API before lanes has accepted.
local old = redis.call('ZPOPMIN', QUEUED, most)
for i = 1, #old, 2 do requeue(old[i]) end

-- Return the id of the next job and its lane, or nothing. The lanes take turns, so that a flood waits behind itself, and
-- all of them take turns with the jobs that are tried again.
local turn, only_lanes = redis.call('HINCRBY', PACE, 'turn', 1), false
local function next_job()
  turn = turn + 1
  local again = turn % 2 == 1 and not only_lanes and redis.call('RPOP', AGAIN)
  if again then return again, '' end
  local lane = redis.call('LPOP', LANES)
  if not lane then return not only_lanes and redis.call('RPOP', AGAIN), '' end
  local waiting = redis.call('RPOP', LANE .. lane)
  if redis.call('EXISTS', LANE .. lane) == 1 then redis.call('RPUSH', LANES, lane) end
  return waiting and string.match(waiting, ' (.*)'), lane
end

-- A job that has lost workers again and again may be the cause, so it is taken alone. It is in AGAIN.
local some_lost = redis.call('EXISTS', LOST_LEASES) == 1
local ids, lanes, seen = {}, {}, {}
while #ids < tonumber(most) do
  local id, lane = next_job()
  if not id then break end
  local alone = some_lost and tonumber(redis.call('HGET', LOST_LEASES, id) or 0) >= SUSPECT
  if alone and #ids > 0 then
    redis.call('RPUSH', AGAIN, id)
    only_lanes = true
  elseif not seen[id] then
    ids[#ids + 1], lanes[id], seen[id] = id, lane, true
  end
  if alone and #ids == 1 and ids[1] == id then break end
end
if jobs_wait() then call_worker(lease_owner) end
if #ids == 0 then return {} end

local entries = redis.call('HMGET', JOBS, unpack(ids))
local failures = {}
for i, key in ipairs({ATTEMPTS, UNANSWERED, UNEXPECTED, LOST_LEASES}) do
  failures[i] = redis.call('HMGET', key, unpack(ids))
end

local taken, leases, owners, finished = {}, {}, {}, {}
local ends_at = digits(now() + lease)
for i, id in ipairs(ids) do
  if not entries[i] then
    finished[#finished + 1] = id
  elseif redis.call('ZSCORE', LEASED, id) == false and redis.call('ZSCORE', LATER, id) == false then
    local job = {entries[i], lanes[id]}
    for kind = 1, #failures do job[kind + 2] = tonumber(failures[kind][i] or 0) end
    taken[#taken + 1] = job
    leases[#leases + 1], leases[#leases + 2] = ends_at, id
    owners[#owners + 1], owners[#owners + 2] = id, lease_owner
  end
end
if #finished > 0 then forget(unpack(finished)) end
if #taken == 0 then return {} end
redis.call('ZADD', LEASED, unpack(leases))
redis.call('HSET', LEASE_OWNER, unpack(owners))
redis.call('HINCRBY', PACE, 'taken', #taken)
return taken
