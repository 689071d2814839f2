//! Hashes of "correct horse" that other software has made.

/// Python's `hashlib` and the packages argon2-cffi 25.1, bcrypt 5.0, passlib 1.7 and Werkzeug 3.1.
pub const CORRECT_HORSE: [&str; 18] = [
    "scrypt:32768:8:1$Ntqi8OhbAZKZaq8Y$bfe598ae699151a4dca62e2bb569572cf170df66302879f67acdba3c7ea0a2435bb6d74ea978510fa2192b7ac18044ea7559917c022b75c8be0c2f8d74a07f21",
    "scrypt:1024:8:1$0K9pcTZENXAfdYoo$c51f1cd11af43ca2c7d6c912099bd80414731a48b48a6d07ce9d73055368b145547cbaa605ce99d8337aa2cbed154f9740cee10ab7bd7b6ef1ed3d4445ce2942",
    "pbkdf2:sha256:1000$HRMrrvFHFHQ4YqMj$aca4cf8b042a741bd7b3aeaf03347319abd0731a72e7e776645ae6df04518711",
    "pbkdf2:sha1:1000$0Fb0tTUhAqopowQM$b4779340debd7f317170a60678b1f1c98fc60d97",
    "pbkdf2:sha512:1000$hKbtDzaRfD5RvDPy$548916c6abe023d1af510e4750c3ab07eaf4da489d3a0fb11b894546a7b11065372f3d9909c4552c932527cc2604a4a6fce3710d5bdd4872fe4f4e0d02b518ec",
    "$2a$04$cgwHcWo4L2wTujGBV7XjYO.9OiPj8Ve0FI7j18QsBUqpHJcAZDRdS",
    "$2b$04$IjE5yv/P71RDmFMyVXZGs.1PLqFxihuTFAqnJw90Y.l8jeGlfs7P.",
    "$2y$04$FpQedN6cgNxpWwp.D2iSueDFGz7KzyCHZ0VfEgi5yTMm/8yT7FS52",
    "$argon2d$v=19$m=256,t=2,p=1$c2l4dGVlbiBieXRlcyBvZg$IzX5q7PWNho3GVbWV+GSSjeKgGbjTcruDG6Yug/gDL0",
    "$argon2i$v=19$m=256,t=2,p=1$c2l4dGVlbiBieXRlcyBvZg$zk54R+LrfBdUDHYMUNLNQnKsmv0NLIOSO5iJ93s1a/8",
    "$argon2i$v=16$m=256,t=2,p=1$c2l4dGVlbiBieXRlcyBvZg$9jd7qvAiOgVmaJ20zs9f5dHoZLn0Qk7xjAsjNQfEle8",
    "$argon2id$v=19$m=256,t=2,p=1$c2l4dGVlbiBieXRlcyBvZg$5tTVoCEGAlul5k/bFUmOSjyVit4x9TVEkrKy5S5ArRM",
    "$scrypt$ln=10,r=8,p=1$c2l4dGVlbiBieXRlcyBvZg$19kR5BJnX7Sf3qhzB+3lEPAat2ujkkd3B9U0w0iHen8",
    "$scrypt$ln=4,r=1,p=3$c2l4dGVlbiBieXRlcyBvZg$Hq6t4QC+0xJwiZyUqc5WKfDjSJMTk6TatklAC++haoEfGHMv9LaBzGXTjdxE9zKY0UwMj2IB8Nprs8MNsngf6g",
    "$pbkdf2$i=1000,l=20$c2l4dGVlbiBieXRlcyBvZg$leKNibuYKQAUGkLJfFp2denP7Hw",
    "$pbkdf2-sha256$i=1000,l=32$c2l4dGVlbiBieXRlcyBvZg$y6QesfSHiadJe14jSg2x291T5Tyg3Jl9BU9qqM70WLU",
    "$pbkdf2-sha512$i=1000,l=64$c2l4dGVlbiBieXRlcyBvZg$xtUHJEfRfqTEYYolO3dcYZg/Rmx0gSVJXOJcdPqweU9Cfo1peXdB3Cp2Pg4K2PQMWSd9d0nMQnMQkAbq70N3jw",
    "$pbkdf2-sha256$1000$rvX.f89Z653z3vufE2JsrQ$.nt/WbccFpvYUQIzWcac4eyvPXJvZWahPXbznLUO9oA",
];

/// bcrypt's hash of 72 times "x", which is that of any longer password that begins so.
pub const BCRYPT_OF_72_X: &str = "$2b$04$.XgzYFDVjCSTbVYcBzDVtOJIxjF22GcCHo8H/ZxlXN1lIxqy8SCSq";

/// bcrypt's hash of "über horse", its first letter composed of two characters.
pub const BCRYPT_OF_DECOMPOSED: &str = "$2b$04$qMuGKpDbLJm1o1IT4TcuqurIj7nbyGRVXXbeWMZqgV6.AQoL1g/1K";
