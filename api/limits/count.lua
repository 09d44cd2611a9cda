local network, site, own = unpack(ARGV)
-- Counts a request against the limits of its client. Runs after api/limits/limits.lua and the constant CLIENT_LIMITS.
--
-- Returns nothing if the request is within them. Otherwise counts nothing, and returns each key and its count with this
-- request.
local client = look_up(CLIENT_LIMITS, {network, site, own})
if client.used_up then return told(client) end
spend(client)
return {}
