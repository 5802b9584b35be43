// Numbers that a seed decides (xoshiro128**, seeded by splitmix32).
export class Random {
    constructor(seed) {
        let word = seed >>> 0;
        this.state = Array.from({ length: 4 }, () => {
            word = (word + 0x9e3779b9) | 0;
            let mixed = word ^ (word >>> 16);
            mixed = Math.imul(mixed, 0x21f0aaad);
            mixed ^= mixed >>> 15;
            mixed = Math.imul(mixed, 0x735a2d97);
            return (mixed ^ (mixed >>> 15)) >>> 0;
        });
    }

    #next() {
        const s = this.state;
        const turned = Math.imul(s[1], 5);
        const result = Math.imul((turned << 7) | (turned >>> 25), 9) >>> 0;
        const shifted = s[1] << 9;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = (s[3] << 11) | (s[3] >>> 21);
        return result;
    }

    // From 0 to below `count`.
    below(count) {
        return Math.floor((this.#next() / 4294967296) * count);
    }

    between(low, high) {
        return low + this.below(high - low + 1);
    }

    chance(percent) {
        return this.below(100) < percent;
    }

    // Undefined of nothing.
    pick(list) {
        return list[this.below(list.length)];
    }

    // One of [[weight, value], …].
    weighted(pairs) {
        let place = this.below(pairs.reduce((sum, [weight]) => sum + weight, 0));
        return pairs.find(([weight]) => (place -= weight) < 0)[1];
    }

    shuffled(list) {
        const rest = [...list];
        for (let i = rest.length - 1; i > 0; i--) {
            const j = this.below(i + 1);
            [rest[i], rest[j]] = [rest[j], rest[i]];
        }
        return rest;
    }
}
