-- Functions that count a request against limits. A limit is {level, amount, seconds, its key before and after a name}.

-- Read the counters of limits in one command, with this request. names: what each level counts; '' for nothing.
local function look_up(limits, names)
  local found = {limits = {}, keys = {}, counts = {}, used_up = false}
  for _, limit in ipairs(limits) do
    local name = names[limit[1]]
    if name ~= '' then
      found.limits[#found.limits + 1] = limit
      found.keys[#found.keys + 1] = limit[4] .. name .. limit[5]
    end
  end
  for i, spent in ipairs(redis.call('MGET', unpack(found.keys))) do
    found.counts[i] = (tonumber(spent) or 0) + 1
    if found.counts[i] > found.limits[i][2] then found.used_up = true end
  end
  return found
end

-- Count the request in each counter.
local function spend(found)
  for i, key in ipairs(found.keys) do
    if found.counts[i] == 1 then
      redis.call('SET', key, 1, 'EX', found.limits[i][3])
    else
      redis.call('INCR', key)
    end
  end
end

-- Return each key and its count, from which Flask-Limiter judges.
local function told(found)
  local answer = {}
  for i, key in ipairs(found.keys) do
    answer[#answer + 1] = key
    answer[#answer + 1] = found.counts[i]
  end
  return answer
end
