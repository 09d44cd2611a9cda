-- ARGV: most jobs of a kind in one sweep, leases a job may lose, grace in microseconds, a message with JOB_ID for the id.
-- Returns {put back from later, put back after a lost lease, put back because their message was lost, buried}.
local limit, most_lost, grace = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = now()

-- To the front of the queue, marked as pushed at 0: these are older than what waits there.
local function requeue(id)
  redis.call('ZADD', QUEUED, digits(time), id)
  redis.call('RPUSH', QUEUE, (string.gsub(ARGV[4], 'JOB_ID', id)))
end

local function due(key)
  return redis.call('ZRANGEBYSCORE', key, '-inf', digits(time), 'LIMIT', 0, limit)
end

local later = due(LATER)
for _, id in ipairs(later) do
  redis.call('ZREM', LATER, id)
  requeue(id)
end

-- A job that keeps losing its worker is the likely cause of it: stop trying.
local leases, buried = due(LEASED), 0
for _, id in ipairs(leases) do
  redis.call('ZREM', LEASED, id)
  redis.call('HDEL', HOLDER, id)
  if redis.call('HINCRBY', LOST, id, 1) > most_lost then
    buried = buried + bury(id, 'lost its worker too often')
  else
    requeue(id)
  end
end

-- The queue is first in, first out, so everything pushed before its next message has left it. What left it more than a
-- grace ago and was never claimed was lost between Redis and a worker.
local mark_time, mark = unpack(redis.call('HMGET', MARK, 'time', 'mark'))
local messages = {}
if mark and time - mark_time >= grace then
  messages = redis.call('ZRANGEBYSCORE', QUEUED, '-inf', '(' .. mark, 'LIMIT', 0, limit)
  for _, id in ipairs(messages) do requeue(id) end
end
if not mark or (time - mark_time >= grace and #messages < limit) then
  local oldest = redis.call('LINDEX', QUEUE, -1)
  local pushed = time
  if oldest then
    local readable, message = pcall(cjson.decode, oldest)
    pushed = readable and type(message.headers) == 'table' and tonumber(message.headers.pushed) or 0
  end
  if pushed > 0 then redis.call('HSET', MARK, 'time', digits(time), 'mark', digits(pushed)) end
end

return {#later, #leases - buried, #messages, buried}
