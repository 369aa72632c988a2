// As the bench gives them; peers/shared.mjs says what they are.
export const settings = JSON.parse(process.env.BENCH);
