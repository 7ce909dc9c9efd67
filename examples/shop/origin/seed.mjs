/** The shelves of the shop, in the order they are shown. */
export const categories = [
  {
    slug: 'preserves',
    name: 'Preserves',
    shape: 'jar',
    intro: 'Fruit at its best week of the year, stopped there with sugar and a wooden spoon.',
  },
  {
    slug: 'oils',
    name: 'Oils & vinegars',
    shape: 'bottle',
    intro: 'Pressed once, kept dark. The shortest way from a plain plate to supper.',
  },
  {
    slug: 'tea',
    name: 'Tea',
    shape: 'tin',
    intro:
      'Whole leaf in tins that close with a sigh. Water just off the boil, four minutes, no hurry.',
  },
  {
    slug: 'coffee',
    name: 'Coffee',
    shape: 'bag',
    intro: 'Roasted on Tuesdays, bagged warm, gone by the weekend.',
  },
  {
    slug: 'spices',
    name: 'Spices',
    shape: 'shaker',
    intro: 'Small jars with loud contents, ground the week they are sold.',
  },
  {
    slug: 'grains',
    name: 'Pasta & grains',
    shape: 'box',
    intro: 'The quiet half of the larder: what everything else is poured over.',
  },
];

// One line for each product.
// prettier-ignore
const shelves = {
  preserves: [
    ['Black Fig & Port', 'Fig', 'Hollow Lane', 850, '240 g', 340, 'sprig', 74, 'Late figs, ruby port, a little black pepper. Made for blue cheese and bad weather.'],
    ['Seville Marmalade', 'Seville', 'Hollow Lane', 720, '340 g', 62, 'sun', 120, 'Thick cut and properly bitter. The peel is sliced by hand, which is why there is never enough.'],
    ['Quince Paste', 'Quince', 'Orchard Twelve', 980, '200 g', 38, 'arch', 38, 'Cooked for six hours until it turns the colour of old brick. Slice it, do not spread it.'],
    ['Damson Jam', 'Damson', 'Orchard Twelve', 690, '340 g', 305, 'dots', 96, 'Hedgerow damsons, stones out, skins in. Sharp first, then sweet, then sharp again.'],
    ['Green Tomato Chutney', 'Tomato', 'Hollow Lane', 640, '280 g', 130, 'check', 61, 'What the first frost leaves behind, with mustard seed, ginger and brown sugar.'],
    ['Apricot & Bay', 'Apricot', 'Petit Verger', 890, '240 g', 78, 'sprig', 52, 'Roasted apricots and one bay leaf per jar. Take the leaf out; or do not.'],
  ],
  oils: [
    ['Early Harvest Olive Oil', 'Olive', 'Frantoio Luce', 1890, '500 ml', 118, 'sprig', 44, 'Green olives, first week of October. Grassy, peppery, and gone by spring.'],
    ['Walnut Oil', 'Walnut', 'Moulin Ferré', 1450, '250 ml', 70, 'arch', 27, 'Toasted, cold pressed, and at its happiest on bitter leaves.'],
    ['Aged Sherry Vinegar', 'Sherry', 'Bodega Sal', 1290, '375 ml', 48, 'diamond', 58, 'Eight years of quiet in oak. A spoonful repairs most soups.'],
    ['Toasted Sesame Oil', 'Sesame', 'Kuroda & Sons', 990, '250 ml', 60, 'wave', 71, 'Dark, slow roasted seed. Measure it in drops.'],
    ['Raspberry Vinegar', 'Rasp', 'Orchard Twelve', 780, '250 ml', 10, 'dots', 49, 'A pound of fruit in every bottle. Good on salad, better in soda water.'],
    ['White Balsamic', 'Bianco', 'Acetaia Corte', 1120, '375 ml', 100, 'stripe', 36, 'Gentle, golden, and kind to fish.'],
  ],
  tea: [
    ['Smoked Lapsang', 'Lapsang', 'Pier Nine Tea', 1080, '100 g', 30, 'wave', 33, 'Dried over pine. Drinks like a fireside with a book.'],
    ['First Flush Darjeeling', 'Flush', 'Pier Nine Tea', 1690, '80 g', 128, 'sprig', 19, 'Picked in March, light as a window left open.'],
    ['Jasmine Pearls', 'Jasmine', 'Pier Nine Tea', 1450, '90 g', 170, 'dots', 41, 'Green leaf rolled by hand and laid among jasmine for six nights.'],
    ['Breakfast No. 4', 'No. 4', 'Pier Nine Tea', 790, '125 g', 22, 'stripe', 140, 'Assam for strength, Kenya for brightness. Takes milk and does not complain.'],
    ['Chamomile Flowers', 'Bloom', 'Long Acre Farm', 680, '60 g', 95, 'sun', 88, 'Whole heads, nothing else. For the last hour of the day.'],
    ['Mint & Lemon Verbena', 'Mint', 'Long Acre Farm', 720, '60 g', 185, 'sprig', 76, 'Two herbs that grow too fast in one tin.'],
  ],
  coffee: [
    ['House Espresso', 'House', 'Tuesday Roasters', 1150, '250 g', 45, 'stripe', 130, 'Brazil and Ethiopia. Cocoa, cherry, and a long finish.'],
    ['Ethiopia Guji', 'Guji', 'Tuesday Roasters', 1480, '250 g', 355, 'sun', 42, 'Washed. Tastes of bergamot and stone fruit; drink it black once before deciding.'],
    ['Sumatra Dark', 'Sumatra', 'Tuesday Roasters', 1290, '250 g', 245, 'wave', 57, 'Cedar, pipe tobacco, dark chocolate. A winter coffee.'],
    ['Colombia Huila', 'Huila', 'Tuesday Roasters', 1340, '250 g', 155, 'diamond', 64, 'Red apple and caramel; the bag we open for guests.'],
    ['Evening Decaf', 'Decaf', 'Tuesday Roasters', 1280, '250 g', 295, 'dots', 51, 'Mountain water process. Nobody has guessed yet.'],
    ['Filter Blend', 'Filter', 'Tuesday Roasters', 1190, '250 g', 215, 'check', 92, 'Light, clean, forgiving. Made for the big pot.'],
  ],
  spices: [
    ['Smoked Paprika', 'Paprika', 'Bodega Sal', 540, '70 g', 32, 'sun', 110, 'Oak smoked for two weeks. Sweet, deep, and on everything within a month.'],
    ['Fennel Pollen', 'Fennel', 'Frantoio Luce', 1650, '15 g', 112, 'sprig', 14, 'Gathered by shaking flowers into paper bags. A pinch is a lot.'],
    ['Turmeric', 'Turmeric', 'Caravan Spice', 480, '60 g', 82, 'dots', 98, 'Fresh ground and bright enough to stain the label.'],
    ['Sumac', 'Sumac', 'Caravan Spice', 590, '55 g', 8, 'diamond', 67, 'Lemon without the lemon. On eggs, on onions, on tomatoes.'],
    ['Tellicherry Pepper', 'Pepper', 'Caravan Spice', 650, '60 g', 260, 'check', 125, 'Left on the vine until the last week. Grind it coarse.'],
    ['Saffron Threads', 'Saffron', 'Bodega Sal', 1290, '1 g', 52, 'stripe', 22, 'One gram is a hundred and fifty flowers and one very good paella.'],
  ],
  grains: [
    ['Bronze Die Rigatoni', 'Rigatoni', 'Pastificio Nona', 460, '500 g', 262, 'stripe', 150, 'Rough as a cat’s tongue, so the sauce stays where you put it.'],
    ['Orecchiette', 'Orecchie', 'Pastificio Nona', 520, '500 g', 225, 'wave', 84, 'Little ears, dried slowly for two days.'],
    ['Carnaroli Rice', 'Riso', 'Cascina Alta', 740, '1 kg', 150, 'sprig', 69, 'The patient one. Holds its bite through all that stirring.'],
    ['Buckwheat Soba', 'Soba', 'Kuroda & Sons', 590, '300 g', 300, 'arch', 73, 'Four parts buckwheat, one part wheat. Eat cold, dip briefly.'],
    ['Pearled Spelt', 'Spelt', 'Long Acre Farm', 430, '500 g', 75, 'diamond', 91, 'Chewy, nutty, and happy to wait in the fridge until Thursday.'],
    ['Puy Lentils', 'Puy', 'Moulin Ferré', 490, '500 g', 140, 'dots', 118, 'Slate green, firm, and older than most recipes.'],
  ],
};

/**
 * Every product of a fresh shop, numbered from 1 in shelf order; `price` is in euro cents,
 * `hue` an angle of the OKLCH colour wheel.
 */
export const products = Object.entries(shelves)
  .flatMap(([category, rows]) => rows.map((row) => [category, ...row]))
  .map(([category, name, label, maker, price, size, hue, motif, stock, story], index) => ({
    id: index + 1,
    category,
    name,
    label,
    maker,
    price,
    size,
    hue,
    motif,
    stock,
    story,
  }));
