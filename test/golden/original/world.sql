set names utf8mb4;
set time_zone = '+00:00';

create table auth_user (
  id int primary key,
  username varchar(150) not null,
  first_name varchar(150) not null,
  last_name varchar(150),
  email varchar(254) not null,
  password varchar(128) not null,
  is_active tinyint(1) not null,
  last_login datetime(6),
  date_joined datetime(6) not null
) default charset utf8mb4;
insert into auth_user values
  (1, 'ana', 'Ana', 'Gómez', 'ana@example.com', 'hash-1', 1, '2024-05-06 07:08:09.123456', '2023-01-02 03:04:05'),
  (2, 'bo', 'Bo', 'O''Brien', 'bo@example.com', 'hash-2', 1, '2024-05-06 07:08:09', '2023-01-02 03:04:05.5'),
  (3, 'chen', '名前', 'Chen-Li', 'chen+1@example.com', 'hash-3', 0, '2024-12-31 23:59:59.999999', '1999-12-31 00:00:00'),
  (4, 'dee', 'Dee', 'Smith, Jr.', 'dee@example.com', 'hash-4', 1, '2024-02-29 12:00:00', '2023-06-01 10:00:00.000001'),
  (5, 'eve', 'Eve', 'de la Cruz', 'eve@example.com', 'hash-5', 1, '2024-01-01 00:00:00', '2023-06-02 10:00:00'),
  (6, 'fay', '', 'Emoji😀', 'fay@example.com', 'hash-6', 1, null, '2023-06-03 10:00:00'),
  (7, 'gus', 'Gus', null, 'gus@example.com', 'hash-7', 0, '2024-03-03 03:03:03', '2023-06-04 10:00:00'),
  (8, 'hal', 'Hal', 'NULL', 'hal@example.com', 'hash-8', 1, '2024-03-03 03:03:03', '2023-06-05 10:00:00'),
  (9, 'ida', 'Ida', 'a=b;c|d:e?f', 'ida@example.com', 'hash-9', 1, '2024-03-03 03:03:03', '2023-06-06 10:00:00');

-- What a text can hold: quotes, backslashes, line breaks.
create table course_overview (
  id varchar(255) primary key,
  org varchar(64) not null,
  display_name longtext,
  `end` datetime(6),
  `key` varchar(64) not null
) default charset utf8mb4;
insert into course_overview values
  ('course-v1:Uni+01+2024', 'Uni', 'Chemistry', '2024-06-30 00:00:00', 'k-01'),
  ('course-v1:Uni+02+2024', 'Uni', 'He said "hi"', '2024-06-30 00:00:00', 'k-02'),
  ('course-v1:Uni+03+2024', 'Uni', '"Moby-Dick" and others', '2024-06-30 00:00:00', 'k-03'),
  ('course-v1:Uni+04+2024', 'Uni', '"', '2024-06-30 00:00:00', 'k-04'),
  ('course-v1:Uni+05+2024', 'Uni', 'C:\\temp', '2024-06-30 00:00:00', 'k-05'),
  ('course-v1:Uni+06+2024', 'Uni', '\\frac', '2024-06-30 00:00:00', 'k-06'),
  ('course-v1:Uni+07+2024', 'Uni', 'line1\nline2\r\nline3', '2024-06-30 00:00:00', 'k-07'),
  ('course-v1:Uni+08+2024', 'Uni', '{"a": 1, "b": "c"}', '2024-06-30 00:00:00', 'k-08'),
  ('course-v1:Uni+09+2024', 'Uni', '{"a": "say \\"hi\\""}', '2024-06-30 00:00:00', 'k-09'),
  ('course-v1:Uni+10+2024', 'Uni', 'ends-in\\', '2024-06-30 00:00:00', 'k-10'),
  ('course-v1:Uni+11+2024', 'Uni', 'tab\there', '2024-06-30 00:00:00', 'k-11'),
  ('course-v1:Uni+12+2024', 'Uni', ' ', '2024-06-30 00:00:00', 'k-12'),
  ('course-v1:Uni+13+2024', 'Uni', '#1!', '2024-06-30 00:00:00', 'k-13'),
  ('course-v1:Uni+14+2024', 'Uni', 'Geometry', '2024-06-30 00:00:00', 'k-14');

create table courseware_studentmodule (
  id bigint primary key,
  module_type varchar(32) not null,
  module_id varchar(255) not null,
  student_id int not null,
  state longtext,
  grade double,
  max_grade double,
  created datetime(6) not null,
  modified datetime(6) not null,
  course_id varchar(255) not null
) default charset utf8mb4;
insert into courseware_studentmodule values
  (1, 'problem', 'block-v1:Uni+DS101+2024+type@problem+block@a1', 1, '{"seed": 1, "attempts": 2}', 0.5, 1.5, '2024-02-01 08:00:00', '2024-02-01 08:30:00', 'course-v1:Uni+DS101+2024'),
  (2, 'problem', 'i4x://Uni/DS101/problem/a1', 1, '{"seed": 1, "attempts": 1}', 0.25, 0.75, '2019-02-01 08:00:00', '2019-02-01 08:30:00', 'Uni/DS101/2019'),
  (3, 'video', 'block-v1:Açaí+Ciência+2024+type@video+block@v1', 2, '{"position": 12, "speed": 1.5}', 0.1, 12.5, '2024-02-01 08:00:00', '2024-02-02 08:30:00.25', 'course-v1:Açaí+Ciência+2024'),
  (4, 'problem', 'block-v1:Uni+DS101+2024+type@problem+block@a2', 1, '{}', 0.3333333333333333, 2.5, '2024-02-01 08:00:00', '2024-02-03 08:30:00', 'course-v1:Uni+DS101+2024'),
  (5, 'problem', 'block-v1:Uni+DS101+2024+type@problem+block@a2', 2, '{"answer": "x \\"y\\" z", "done": true}', 1, 2.5, '2024-02-01 08:00:00', '2024-02-04 08:30:00', 'course-v1:Uni+DS101+2024'),
  (6, 'html', 'block-v1:Uni+DS101+2024+type@html+block@h1', 2, null, null, null, '2024-02-01 08:00:00', '2024-02-05 08:30:00', 'course-v1:Uni+DS101+2024'),
  (7, 'problem', 'i4x://Uni/DS101/problem/a2', 3, '{"seed": 7, "attempts": 3}', 0.875, 1.25, '2019-02-01 08:00:00', '2019-02-02 08:30:00', 'Uni/DS101/2019');

-- A row of ordinary values, the greatest, the least, none, and what only some types have.
create table every_type (
  id int primary key,
  c_tinyint tinyint,
  c_bool tinyint(1),
  c_smallint smallint,
  c_mediumint mediumint,
  c_int int,
  c_int_unsigned int unsigned,
  c_bigint bigint,
  c_bigint_unsigned bigint unsigned,
  c_float float,
  c_double double,
  c_decimal decimal(10,2),
  c_whole decimal(10,0),
  c_wide decimal(38,18),
  c_bit bit(8),
  c_date date,
  c_datetime datetime,
  c_timestamp timestamp(6) null,
  c_time time,
  c_year year,
  c_char char(10),
  c_varchar varchar(40),
  c_tinytext tinytext,
  c_text text,
  c_mediumtext mediumtext,
  c_longtext longtext,
  c_binary binary(4),
  c_varbinary varbinary(16),
  c_tinyblob tinyblob,
  c_blob blob,
  c_mediumblob mediumblob,
  c_longblob longblob,
  c_enum enum('red','green'),
  c_set set('a','b','c'),
  c_json json,
  c_point point,
  c_digits varchar(10)
) default charset utf8mb4;
insert into every_type values
  (1, 1, 1, 2, 3, 4, 5, 6, 7, 0.5, 0.1, 12.50, 12, 3.140000000000000001, b'10000001', '2024-02-29', '2024-02-29 08:30:00',
   '2024-02-29 08:30:00.25', '08:30:00', 2024, 'char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext',
   'abcd', 'bytes', 'bytes', 'bytes', 'bytes', 'bytes', 'red', 'a,c', '{"a": 1, "b": [2, 3]}', point(2, 3), '42'),
  (2, 127, 0, 32767, 8388607, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615, 16777216.0,
   1.7976931348623157e308, 99999999.99, 9999999999, 99999999999999999999.999999999999999999, b'11111111', '9999-12-31',
   '9999-12-31 23:59:59', '2038-01-19 03:14:07.999999', '838:59:59', 2155, 'äöüßéñçøåî', '名前', '😀', 'x', 'x', 'x',
   x'ffffffff', x'00ff', x'5c', x'22', x'0a', x'2c', 'green', 'b', '[]', point(-1, 0), '0042'),
  (3, -128, 1, -32768, -8388608, -2147483648, 1, -9223372036854775808, 1, -0.1, -2.5e-7, -99999999.99, -1,
   -0.000000000000000001, b'1', '1000-01-01', '1000-01-01 00:00:00', '1970-01-01 00:00:01', '-838:59:59', 1901,
   'a', 'b', 'c', 'd', 'e', 'f', x'00000000', x'00', x'00', x'00', x'00', x'00', 'red', 'a,b,c', '{}', point(0, 0), '-7'),
  (4, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
   null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
  (5, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, b'0', '0000-00-00', '0000-00-00 00:00:00', '2024-07-01 00:00:00', '27:00:00',
   2000, '', '', '', '', '', '', '', '', '', '', '', '', 'green', '', '0', point(0.5, 0.5), 'seven');

create table student_courseaccessrole (
  id int primary key,
  org varchar(64) not null,
  role varchar(64) not null
) default charset utf8mb4;
insert into student_courseaccessrole values (1, 'Uni', 'staff'), (2, 'Uni', 'instructor'), (3, 'Other', 'staff');

-- Its partition fields stand in another order in the settings than the fields do.
create table grades_by_term (
  id int primary key,
  term varchar(16) not null,
  org varchar(16) not null,
  percent decimal(5,4) not null
) default charset utf8mb4;
insert into grades_by_term values (1, '2024-A', 'Uni', 0.9500), (2, '2024-B', 'Uni', 0.5000);

-- The column's collation takes these modes for one and the same.
create table enrollments_by_mode (
  id int primary key,
  mode varchar(16) not null,
  note varchar(16) not null
) default charset utf8mb4 collate utf8mb4_general_ci;
insert into enrollments_by_mode values (1, 'honor', 'a'), (2, 'Honor', 'b'), (3, 'audit', 'c');

create table empty_table (id int primary key, name varchar(10)) default charset utf8mb4;

-- The settings list it without fields.
create table django_site (id int primary key, domain varchar(100) not null) default charset utf8mb4;
insert into django_site values (1, 'lms.example.com');
