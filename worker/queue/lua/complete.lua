local id, lease_owner, next_lease, retrying, remember_for, event, detail, count_if_finished = unpack(ARGV, 1, 8)
local FIRST_COUNT = 9 -- From here on: pairs of counter and amount.
-- next_lease: microseconds for which the owner leases the next job, '0' for none; both leases are equally long.
-- retrying: '1' or '0'. remember_for: seconds for which the id is not accepted again.
-- The email is sent, so it does not matter who holds the lease. Returns what `claim` returns for the next job, or
-- false.
local job = job_of(id)
local leased_until = redis.call('HGET', LEASE_OWNER, id) == lease_owner and redis.call('ZSCORE', LEASED, id)
local in_time = leased_until and now() - (leased_until - next_lease) < NEXT_JOB_TIMEOUT

forget(id)
if tonumber(remember_for) > 0 then redis.call('SET', SETTLED .. id, 1, 'EX', remember_for) end
if job then
  remember(job.address_hash, id, event, detail)
  for i = FIRST_COUNT, #ARGV, 2 do count(ARGV[i], ARGV[i + 1]) end
elseif count_if_finished ~= '' then
  count(count_if_finished, 1)
end

if next_lease == '0' then return false end

-- An earlier call may have leased a job although its answer was lost: put that job back.
if retrying == '1' then
  local owners = redis.call('HGETALL', LEASE_OWNER)
  for i = 1, #owners, 2 do
    if owners[i + 1] == lease_owner then
      end_lease(owners[i])
      requeue(owners[i])
    end
  end
  return false
end

if not in_time then return false end

-- Take the next message, as a worker would. One that is not Latchkey's is left to Celery.
local _, next_id = read(redis.call('LINDEX', QUEUE, -1) or '')
if not next_id then return false end
redis.call('RPOP', QUEUE)
return claim(next_id, lease_owner, next_lease)
