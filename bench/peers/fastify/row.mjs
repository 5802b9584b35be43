// postgres.js gives bigints as strings: right for codes, not for what the contract calls an integer.
export function makeRow({ answer }) {
    const properties = answer.properties.data?.items.properties ?? answer.properties;
    const integers = Object.entries(properties)
        .filter(([, { type }]) => [type].flat().includes("integer")).map(([name]) => name);
    return (row) => {
        for (const name of integers) if (row[name] !== null) row[name] = Number(row[name]);
        return row;
    };
}
