CREATE TYPE vigil.colour AS ENUM ('green', 'yellow', 'red');
COMMENT ON TYPE vigil.colour IS 'Risk colour (红黄绿码), green < yellow < red';

-- stand-in until the type of its own lands
CREATE DOMAIN vigil.plate AS bigint;
