// Read or write a hash with the package that owns its format: node hashes.mjs PACKAGE PASSWORD [HASH]
import bcrypt from "bcryptjs";
import { hashPassword, verifyPassword } from "better-auth/crypto";

const owners = {
  bcryptjs: {
    writes: (password) => bcrypt.hash(password, 4),
    reads: (password, hash) => bcrypt.compare(password, hash),
  },
  "better-auth": {
    writes: hashPassword,
    reads: (password, hash) => verifyPassword({ password, hash }),
  },
};

const [owner, password, hash] = process.argv.slice(2);
console.log(await (hash ? owners[owner].reads(password, hash) : owners[owner].writes(password)));
