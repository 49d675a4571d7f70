function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

export const firstNames: readonly string[] = words(`
  Ana Luis María José Lucía Carlos Sofía Diego Valentina Mateo Camila Juan Elena Pablo Noa Hugo
  Amina Omar Fatima Yusuf Leila Karim Wei Mei Hiroshi Yuki Priya Arjun Ananya Ravi Chloé Léa
  Jules Emma Liam Olivia Noah Ava Ethan Mia Lukas Hannah Felix Anna Ivan Olga Piotr Zofia
  João Beatriz Tiago Inês Kwame Ama Thabo Naledi Aylin Emre Nguyễn Linh Siti Budi Björn Åsa`);

export const lastNames: readonly string[] = words(`
  García Rodríguez González Fernández López Martínez Pérez Gómez Sánchez Díaz Torres Ramírez
  Haddad Nasser Mansour Chen Wang Li Tanaka Sato Sharma Patel Gupta Singh Dubois Moreau
  Bernard Smith Johnson Brown Taylor Wilson Müller Schmidt Weber Fischer Ivanov Petrov Kowalski
  Nowak Silva Santos Oliveira Costa Mensah Dlamini Yılmaz Demir Trần Phạm Wijaya Lindqvist O'Connor`);

export const cities: readonly string[] = [
  "Buenos Aires",
  "Madrid",
  "Ciudad de México",
  "Bogotá",
  "São Paulo",
  "Lagos",
  "Nairobi",
  "Mumbai",
  "Berlin",
  "Paris",
  "Boston, MA",
  "Tokyo",
  "上海",
  "القاهرة",
  "Montréal",
  "Łódź",
];

/** Countries with how often they occur; the rest of the world is too thin to see on a map. */
export const countries: readonly (readonly [string, number])[] = [
  ["US", 18],
  ["ES", 14],
  ["MX", 10],
  ["IN", 10],
  ["BR", 8],
  ["CO", 7],
  ["AR", 6],
  ["FR", 5],
  ["DE", 4],
  ["GB", 4],
  ["NG", 3],
  ["EG", 3],
  ["ZA", 2],
  ["JP", 2],
  ["CN", 2],
  ["PL", 1],
  ["ID", 1],
];

export const mailHosts: readonly string[] = ["example.com", "mail.example.org", "uni.example.edu"];

/** Titles of the first courses, each with the code that its key holds. */
export const courseTitles: readonly (readonly [title: string, code: string])[] = [
  ["Introduction to Computer Science", "CS101"],
  ["Data Analysis for Everyone", "DATA1"],
  ["Introducción a la Estadística", "EST100"],
  ["Machine Learning Foundations 🤖", "ML201"],
  ["Writing in the Sciences", "WRIT10"],
  ["Public Health: «From A to Z»", "PH110"],
  ["Circuits and Electronics", "6.002x"],
  ["Project Management Essentials", "PM1"],
  ['The "Big" History of Small Things', "HIST7"],
  ["Data Analysis for Everyone, coached", "DATA1"],
  ["مقدمة في البرمجة", "PROG1"],
  ["Old Course\\Archive", "Old101"],
  ["Financial Accounting", "ACC1"],
  ["Cybersecurity Basics", "SEC100"],
  ["Teaching Online", "EDU5"],
  ["Climate Science, Policy\tand You", "CLIM2"],
];

export const organizations: readonly string[] = [
  "DemoX",
  "OrgX",
  "UniX",
  "EscuelaÑ",
  "acme-corp",
  "Open.Uni",
];
