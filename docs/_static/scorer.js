/* Search finds the pages before the entries of the API. */
var Scorer = {
  score: ([page, title, anchor, description, score]) => score - (page.startsWith("reference/api/") ? 100 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
