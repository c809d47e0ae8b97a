"""Pure: pay plans as data, their arithmetic to the cent, their forms in words, and whose an order is."""
