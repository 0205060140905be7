// IBM's custom filter for version 7 ("Protecting resources with the token validation
// endpoint"), on plain `http` instead of express. Like the original, it parses each chunk of
// the endpoint's answer as JSON and reads `active` first: an answer without a body leaves its
// caller waiting.
//
// Usage: node v7_filter.js <validation endpoint>
// Prints the port that it listens on, and stops when standard input ends.

const http = require('http');
const querystring = require('querystring');

const endpoint = process.argv[2];

const server = http.createServer((req, res) => {
    const [tokenType, accessToken, idToken] = (req.headers['authorization'] || '').split(' ');
    const data = querystring.stringify({
        token: accessToken,
        // The original spells it this way, so the ID token is never checked.
        id_Token: idToken,
        token_type_hint: tokenType,
    });
    const options = {
        method: 'POST',
        headers: {
            'Content-Type': 'application/x-www-form-urlencoded',
            'Content-Length': Buffer.byteLength(data),
        },
    };
    const validation = http.request(endpoint, options, (answer) => {
        answer.on('data', (chunk) => {
            if (!JSON.parse(chunk).active) {
                res.setHeader('WWW-Authenticate', answer.headers['www-authenticate']);
                res.statusCode = 401;
                res.end();
            } else {
                res.end('hello, user');
            }
        });
    });
    validation.write(data);
    validation.end();
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on('end', () => process.exit());
