-- ARGV: id, seconds to remember that it is finished, event and detail for the history, what to count if another had
-- finished it already ('' for nothing), who takes the next job ('' for nobody), the lease in microseconds, 1 if this is
-- repeated and what the taker holds goes back to the queue, then pairs of what to count and how much.
-- Asks for no holder: the mail is out, whoever holds the lease. Returns what claim does of the next job, or nothing.
local id, job, taker, lease = ARGV[1], job_of(ARGV[1]), ARGV[6], ARGV[7]

-- A taker asks within MORE_FOR (worker/queue/delivery.py) and waits for REDIS_TIMEOUT (worker/app.py). Behind a call
-- that is read later, after a freeze or over a connection that was cut, nobody is left. Both its jobs have leases of
-- the same length.
local PATIENCE = 3 * SECOND
local held_until = redis.call('HGET', HOLDER, id) == taker and redis.call('ZSCORE', LEASED, id)
local asked_in_time = held_until and now() - (held_until - lease) < PATIENCE

forget(id)
if tonumber(ARGV[2]) > 0 then redis.call('SET', SETTLED .. id, 1, 'EX', ARGV[2]) end
if job then
  remember(job.address_hash, id, ARGV[3], ARGV[4])
  for i = 9, #ARGV, 2 do count(ARGV[i], ARGV[i + 1]) end
elseif ARGV[5] ~= '' then
  count(ARGV[5], 1)
end

if taker == '' then return false end

-- What the taker was given by a call whose answer got lost goes back.
if ARGV[8] == '1' then
  local holders = redis.call('HGETALL', HOLDER)
  for i = 1, #holders, 2 do
    if holders[i + 1] == taker then
      redis.call('ZREM', LEASED, holders[i])
      redis.call('HDEL', HOLDER, holders[i])
      requeue(holders[i])
    end
  end
  return false
end

if not asked_in_time then return false end

-- The next message, as a worker takes it. One that is not ours is Celery's.
local _, next_id = read(redis.call('LINDEX', QUEUE, -1) or '')
if not next_id then return false end
redis.call('RPOP', QUEUE)
return claim(next_id, taker, lease)
