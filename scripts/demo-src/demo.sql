select 'SQLite ' || sqlite_version() as hello;

create table planets(name text, radius_km real, moons integer);
insert into planets values
  ('Mercury', 2439.7, 0), ('Venus', 6051.8, 0), ('Earth', 6371.0, 1), ('Mars', 3389.5, 2),
  ('Jupiter', 69911, 95), ('Saturn', 58232, 146), ('Uranus', 25362, 28), ('Neptune', 24622, 16);
select name, moons, round(radius_km / 6371.0, 2) as earths from planets where moons > 1 order by radius_km desc;

with recursive
  fibonacci(n, a, b) as (select 1, 1, 1 union all select n + 1, b, a + b from fibonacci where n < 90)
select n, a as fibonacci from fibonacci where n % 30 = 0;

create virtual table notes using fts5(text);
insert into notes values ('a linker joins objects'), ('objects hold relocations'), ('a loader runs the result');
select text as "notes that match objects" from notes where notes match 'objects' order by rank;

with recursive
  x(v) as (select -2.0 union all select v + 0.047 from x where v < 0.6),
  y(v) as (select -1.1 union all select v + 0.11 from y where v < 1.1),
  m(step, cx, cy, zx, zy) as (
    select 0, x.v, y.v, 0.0, 0.0 from x, y
    union all
    select step + 1, cx, cy, zx * zx - zy * zy + cx, 2.0 * zx * zy + cy from m
    where zx * zx + zy * zy < 4.0 and step < 28),
  points(steps, cx, cy) as (select max(step), cx, cy from m group by cx, cy)
select group_concat(substr(' .+*#', 1 + min(steps / 7, 4), 1), '') as mandelbrot from points group by cy;
